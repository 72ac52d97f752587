-- What is sent to whom, and what became of it: one row per alert and channel, made by the reaction alert_deliveries and worked off by every
-- host. No projection's table: a rebuild of the alerts leaves it as it is, and the unique key has no alert sent again.
--
-- state is
--   open       to be sent at next_attempt_at, unless a host has claimed it: until claimed_until, by the database's clock
--   delivered  the receiver took it
--   failed     given up, for the reason that stands beside it
--   withdrawn  not sent (any more), since the alert was withdrawn or suppressed
-- webhook_id and payload are the same on every attempt. alert_position is null for a test, as is everything of a check.
create table if not exists ledger.alert_deliveries (
  id              bigint      generated always as identity primary key,
  channel         bigint      not null, -- its number
  alert_position  bigint      null,
  account_id      uuid        not null,
  webhook_id      text        not null,
  event           text        not null,
  payload         text        not null,
  check_id        uuid        null,
  check_type      text        null,
  sequence_id     uuid        null,
  report_id       uuid        null, -- the report that settled the run; null where none did
  created_at      timestamptz not null,
  state           text        collate "C" not null default 'open',
  reason          text        null,
  next_attempt_at timestamptz not null,
  claim           uuid        null,
  claimed_until   timestamptz null,
  closed_at       timestamptz null,
  attempts        int         not null default 0,
  unique (alert_position, channel)
) with (fillfactor = 80); -- updated in place
