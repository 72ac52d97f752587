-- How does each check stand? One row per check that has a run which counts: settled, in a check session, and not cancelled. Kept by the
-- projection check_status. The flags are those of the last such run, the durations in milliseconds.
create table if not exists check_statuses (
  account_id    uuid        not null,
  check_id      uuid        not null,
  name          text        not null,
  has_failures  boolean     not null,
  has_errors    boolean     not null,
  is_degraded   boolean     not null,
  longest_run   bigint      null,
  shortest_run  bigint      null,
  last_location text        not null,
  last_position bigint      not null,
  created_at    timestamptz not null,
  updated_at    timestamptz not null,
  primary key (account_id, check_id)
) with (fillfactor = 80); -- updated in place
