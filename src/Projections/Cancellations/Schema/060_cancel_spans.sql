-- How long did cancels take, and what did they save? By the UTC hour, and again by the UTC day, in which the cancel was asked for. Each
-- latency has its histogram and its exact maximum, in milliseconds; freed_runs is how many runs freed_ms was estimated for, unknown_runs
-- how many runs were settled as cancelled without an estimate.
create table if not exists cancel_spans (
  account_id                     uuid        not null,
  grain                          text        collate "C" not null,
  start                          timestamptz not null,
  requested_to_delivered         bytea       not null,
  requested_to_delivered_max     bigint      null,
  delivered_to_acknowledged      bytea       not null,
  delivered_to_acknowledged_max  bigint      null,
  acknowledged_to_stopped        bytea       not null,
  acknowledged_to_stopped_max    bigint      null,
  requested_to_settled           bytea       not null,
  requested_to_settled_max       bigint      null,
  freed_ms                       numeric     not null,
  freed_runs                     bigint      not null,
  unknown_runs                   bigint      not null,
  primary key (account_id, grain, start)
) with (fillfactor = 50); -- updated in place
