-- How long do the runs of a check take at a location? Results that count (settled, in a check session, neither cancelled, timed out nor
-- lost) and their response times in milliseconds, added up. What a cancelled run would have taken is estimated by their mean.
create table if not exists usual_durations (
  account_id uuid    not null,
  check_id   uuid    not null,
  location   text    collate "C" not null,
  results    bigint  not null,
  total_ms   numeric not null,
  primary key (account_id, check_id, location)
) with (fillfactor = 70); -- updated in place
