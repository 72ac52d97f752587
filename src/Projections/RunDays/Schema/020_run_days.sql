-- How did the plain test runs of each day end? One row per account, UTC day of the trigger, project, environment and branch, kept by the
-- projection run_days. place is a digest of the last three, which may be too long for an index. cancelled stands beside the other
-- counts: a run that was cancelled is in none of them.
create table if not exists run_days (
  account_id   uuid   not null,
  day          date   not null,
  place        uuid   not null,
  project      text   null,
  environment  text   null,
  branch       text   null,
  passed       bigint not null,
  failed       bigint not null,
  error        bigint not null,
  cancelled    bigint not null,
  reruns       bigint not null,
  total_tests  bigint not null,
  passed_tests bigint not null,
  failed_tests bigint not null,
  flaky_tests  bigint not null,
  primary key (account_id, day, place)
) with (fillfactor = 80); -- updated in place
