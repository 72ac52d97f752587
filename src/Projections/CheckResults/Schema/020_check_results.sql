-- Which results does a check have? One row per failed try and per settled run of a check session, written once, kept by the
-- projection check_results. position is that of the event that brought it.
--
-- report_id is the report that brought it; null where no report settled the run (cancelled, expired, timed out, lost).
-- The flags and the response time, in milliseconds, are as readers show them. outcome is how the run ended, null for a failed try;
-- cancel_id and cause say by which cancel, where it was one.
create table if not exists check_results (
  position      bigint      not null,
  account_id    uuid        not null,
  check_id      uuid        not null,
  session_id    uuid        not null,
  sequence_id   uuid        not null,
  report_id     uuid        null,
  result_type   text        collate "C" not null,
  check_type    text        collate "C" not null,
  location      text        not null,
  name          text        not null,
  outcome       text        collate "C" null,
  has_failures  boolean     not null,
  has_errors    boolean     not null,
  is_degraded   boolean     not null,
  is_cancelled  boolean     not null,
  cancel_id     uuid        null,
  cause         text        collate "C" null,
  attempt       int         not null,
  started_at    timestamptz null,
  response_time bigint      null,
  created_at    timestamptz not null,
  -- Read backwards it is the order of every list, newest first. Not the order of positions: clocks of several hosts may differ.
  primary key (account_id, check_id, created_at, position)
);
