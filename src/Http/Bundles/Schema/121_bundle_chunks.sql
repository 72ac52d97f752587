-- A bundle's bytes in pieces of one size, the last one shorter: nobody ever holds a whole bundle in memory.
create table if not exists ledger.bundle_chunks (
  bundle_id uuid  not null references ledger.bundles (id) on delete cascade,
  number    int   not null,
  data      bytea not null,
  primary key (bundle_id, number)
);

-- Bundles are compressed already.
alter table ledger.bundle_chunks alter column data set storage external;
