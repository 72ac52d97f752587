-- What is open, who has it, what is due? One row per run that is not settled, kept by the projection open_runs.
-- ordinal is the run's place in its session, from 0.
create table if not exists open_runs (
  account_id          uuid        not null,
  session_id          uuid        not null,
  sequence_id         uuid        not null,
  session_number      bigint      not null,
  ordinal             int         not null,
  project             text        null,
  concurrency_group   text        null,
  location            text        not null,
  check_type          text        collate "C" not null,
  timeout_seconds     int         null,
  state               text        collate "C" not null,
  runner_id           text        null,
  lease_seconds       int         not null,
  claimed_at          timestamptz null,
  started_at          timestamptz null,
  cancel_id           uuid        null,
  cancel_requested_at timestamptz null,
  cancel_forced       boolean     not null,
  cancel_acknowledged boolean     not null,
  primary key (account_id, session_id, sequence_id)
) with (
  -- Small, and rewritten all the time.
  fillfactor = 70,
  autovacuum_vacuum_scale_factor = 0.05,
  autovacuum_vacuum_threshold = 500
);
