-- Who works for an account? One row for each runner, written every few seconds at most by the hosts that hear of it (RunnerPresence). Not part
-- of the history: what runners did stands in the events.
create table if not exists ledger.runners (
  account_id     uuid        not null,
  runner_id      text        not null,
  -- What the key was bound to that spoke last.
  project        text        null,
  -- What it asked for last; null before its first claim.
  locations      jsonb       null,
  check_types    jsonb       null,
  -- Since when it has not been silent for longer than a connection may be.
  since          timestamptz not null,
  seen_at        timestamptz not null,
  -- Since when it takes no more runs; null while it does.
  draining_since timestamptz null,
  primary key (account_id, runner_id)
) with (
  -- Small, and rewritten all the time.
  fillfactor = 50,
  autovacuum_vacuum_scale_factor = 0.05,
  autovacuum_vacuum_threshold = 200
);
