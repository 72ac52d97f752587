-- When each runner was last heard of. Not events, and not made again from events: a lost row counts from the claim.
-- renewals tells one heartbeat from the next whatever the clocks say; expires_at never goes back.
create table if not exists ledger.leases (
  account_id  uuid        not null,
  session_id  uuid        not null,
  sequence_id uuid        not null,
  runner_id   text        not null,
  renewals    bigint      not null,
  renewed_at  timestamptz not null,
  expires_at  timestamptz not null,
  primary key (account_id, session_id, sequence_id)
) with (
  fillfactor = 50,
  autovacuum_vacuum_scale_factor = 0.05,
  autovacuum_vacuum_threshold = 500
);
