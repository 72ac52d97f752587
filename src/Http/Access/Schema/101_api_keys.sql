-- Keys are stored as SHA-256 hashes; the secret is shown once, when the key is made.
create table if not exists ledger.api_keys (
  id uuid primary key,
  account_id uuid not null references ledger.accounts (id),
  name varchar not null,
  owner varchar null,
  project varchar null,
  scopes varchar[] not null,
  hash bytea not null unique,
  created_at timestamptz not null,
  expires_at timestamptz null,
  revoked_at timestamptz null
);

create index if not exists api_keys_account on ledger.api_keys (account_id, created_at);
