-- The runs of check sessions that are not settled: what their results will say beyond the events that bring them. Kept by the
-- projection check_results; a row goes when its run is settled.
create table if not exists check_runs (
  account_id  uuid        not null,
  session_id  uuid        not null,
  sequence_id uuid        not null,
  check_id    uuid        not null,
  check_type  text        collate "C" not null,
  location    text        not null,
  name        text        not null,
  started_at  timestamptz null,
  cancel_id   uuid        null,
  cause       text        collate "C" null,
  primary key (account_id, session_id, sequence_id)
) with (
  -- Small, and rewritten all the time.
  fillfactor = 70,
  autovacuum_vacuum_scale_factor = 0.05,
  autovacuum_vacuum_threshold = 500
);
