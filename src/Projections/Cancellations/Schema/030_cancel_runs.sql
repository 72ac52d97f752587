-- What became of each run that a cancel targeted: the five facts with their times, never collapsed into one (docs/domain.md#five-facts). A
-- run has at most one cancel. Kept by the projection cancellations, beside the request's row (cancel_position), in the order of the request
-- (ordinal).
--
-- state is the run's own; outcome says what it means for the cancel. freed_ms is the runner time that the stop saved, as estimated when
-- it was settled; null while it is not settled, where nothing was freed, and where nothing is known to estimate by.
create table if not exists cancel_runs (
  cancel_position bigint      not null,
  ordinal         int         not null,
  account_id      uuid        not null,
  session_id      uuid        not null,
  sequence_id     uuid        not null,
  check_id        uuid        null,
  check_type      text        collate "C" not null,
  name            text        not null,
  location        text        not null,
  timeout_seconds int         null,
  started_at      timestamptz null,
  forced          boolean     not null,
  delivered_at    timestamptz null,
  channel         text        collate "C" null,
  acknowledged_at timestamptz null,
  stopped_at      timestamptz null,
  settled_at      timestamptz null,
  how             text        collate "C" null,
  exit_code       int         null,
  signal          text        null,
  duration_ms     bigint      null,
  processes_left  int         null,
  state           text        collate "C" not null,
  outcome         text        collate "C" not null,
  freed_ms        bigint      null,
  primary key (cancel_position, ordinal)
) with (fillfactor = 80); -- updated in place until it is settled

-- The runs whose cancel is under way, by which events find them: few at any time, however many there have been.
create index if not exists cancel_runs_open on cancel_runs (session_id, sequence_id) where settled_at is null;
