-- A bundle's bytes in pieces of one size, the last one shorter: nobody ever holds a whole bundle in memory. What is known of the bundle is a
-- document; both come and go in one transaction.
create table if not exists ledger.bundle_chunks (
  bundle_id uuid  not null,
  number    int   not null,
  data      bytea not null,
  primary key (bundle_id, number)
);

-- Bundles are compressed already.
alter table ledger.bundle_chunks alter column data set storage external;
