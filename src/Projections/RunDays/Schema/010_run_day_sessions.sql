-- The sessions of kind run that are not settled: where their run will be counted. Kept by the projection run_days; a row goes when its
-- run is settled.
create table if not exists run_day_sessions (
  account_id  uuid    not null,
  session_id  uuid    not null,
  day         date    not null,
  project     text    null,
  environment text    null,
  branch      text    null,
  is_rerun    boolean not null,
  primary key (account_id, session_id)
) with (
  -- Small, and rewritten all the time.
  fillfactor = 70,
  autovacuum_vacuum_scale_factor = 0.05,
  autovacuum_vacuum_threshold = 500
);
