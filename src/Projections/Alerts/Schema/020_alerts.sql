-- Which alerts were decided, and what became of them? At most one row per run, kept by the projection alerts.
--
-- position is the deciding event: the run's first failed try that would raise an alert, else the event that settled the run. state is
--   pending     decided on a failed try; the run is not settled, and nothing may be sent yet
--   due         the run was settled by a result that counts: to be sent
--   withdrawn   the run was settled by a result that raises no alert: a retry passed
--   suppressed  the run was cancelled: alert_type says what would have been sent, had it not passed; reason, cancel_id and cause why not
-- settled_position and settled_at are of the event that settled the run, null while it is open, as is outcome, how it ended. report_id is
-- the report that settled it, or decided a pending alert; null where it was none. response_time is in milliseconds.
create table if not exists alerts (
  position         bigint      primary key,
  account_id       uuid        not null,
  check_id         uuid        not null,
  check_name       text        not null,
  check_type       text        collate "C" not null,
  location         text        not null,
  session_id       uuid        not null,
  sequence_id      uuid        not null,
  alert_type       text        collate "C" not null,
  state            text        collate "C" not null,
  decided_at       timestamptz not null,
  settled_position bigint      null,
  settled_at       timestamptz null,
  outcome          text        collate "C" null,
  report_id        uuid        null,
  response_time    bigint      null,
  started_at       timestamptz null,
  incident_id      uuid        null,
  reason           text        null,
  cancel_id        uuid        null,
  cause            text        collate "C" null
);

-- The alert that waits for its run: what settles the run finds it here. Small, since few runs are open.
create unique index if not exists alerts_pending on alerts (account_id, session_id, sequence_id) where state = 'pending';
