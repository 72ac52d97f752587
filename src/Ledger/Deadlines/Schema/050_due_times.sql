-- What falls due next: one row for each run that a runner holds, written by the commit that makes it so and deleted by the one that settles or
-- requeues the run. Times are running times (ledger.running_time); 'infinity' is never. While a cancel is open only its own times are set.
create table if not exists ledger.due_times (
  account_id  uuid        not null,
  session_id  uuid        not null,
  sequence_id uuid        not null,
  runner_id   text        not null,
  has_begun   boolean     not null,
  lease_ends  timestamptz not null,
  limit_at    timestamptz not null,
  force_at    timestamptz not null,
  expire_at   timestamptz not null,
  -- Not before: somebody is at it since the last look.
  look_at     timestamptz not null default '-infinity',
  due_at      timestamptz not null generated always as (least(lease_ends, limit_at, force_at, expire_at)) stored,
  primary key (account_id, session_id, sequence_id)
) with (
  -- Small, and rewritten all the time.
  fillfactor = 50,
  autovacuum_vacuum_scale_factor = 0.05,
  autovacuum_vacuum_threshold = 500
);
