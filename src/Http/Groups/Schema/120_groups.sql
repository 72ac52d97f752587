-- Groups of checks that are run together as a batch (docs/dialects/testerarmy.md#groups).
create table if not exists ledger.groups (
  account_id uuid not null,
  id uuid not null,
  name varchar not null,
  check_ids uuid[] not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (account_id, id)
);
