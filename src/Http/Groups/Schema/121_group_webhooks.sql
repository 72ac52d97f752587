-- Addresses that run a group for whoever knows them. The secret in the address is stored as a SHA-256 hash and shown once.
create table if not exists ledger.group_webhooks (
  id uuid primary key,
  account_id uuid not null,
  group_id uuid not null,
  name varchar not null,
  hash bytea not null,
  created_at timestamptz not null,
  foreign key (account_id, group_id) references ledger.groups (account_id, id)
);

create index if not exists group_webhooks_by_group on ledger.group_webhooks (account_id, group_id, created_at);
