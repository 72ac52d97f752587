-- The tenants. Every stream, row and key belongs to exactly one.
create table if not exists ledger.accounts (
  id uuid primary key,
  name varchar not null,
  created_at timestamptz not null
);
