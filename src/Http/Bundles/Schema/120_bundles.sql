-- What clients uploaded for runs to execute. The id is the key that the client is given.
create table if not exists ledger.bundles (
  id          uuid        primary key,
  account_id  uuid        not null references ledger.accounts (id),
  size_bytes  bigint      not null,
  sha256      bytea       not null,
  uploaded_at timestamptz not null
);

-- The oldest first: the order in which they are removed.
create index if not exists bundles_by_age on ledger.bundles (uploaded_at);
