-- Registered checks: what can be triggered, and what to run for it.
create table if not exists ledger.checks (
  account_id uuid not null,
  id uuid not null,
  name varchar not null,
  check_type varchar not null,
  tags varchar[] not null,
  locations varchar[] not null,
  activated boolean not null,
  max_response_time bigint null,
  degraded_response_time bigint null,
  spec jsonb null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (account_id, id)
);
