-- Which incidents are there? From the first failure of a check at any location until every location that failed has passed again. Kept by
-- the projection alerts; cancelled runs touch nothing here.
--
-- opened_position and resolved_position are of the events that settled the runs. locations are all that failed in it, failing_locations
-- those that have not passed since, both JSON arrays of text. alerts counts those that became due for these locations.
create table if not exists incidents (
  incident_id       uuid        primary key,
  account_id        uuid        not null,
  check_id          uuid        not null,
  check_name        text        not null,
  opened_at         timestamptz not null,
  opened_position   bigint      not null,
  resolved_at       timestamptz null,
  resolved_position bigint      null,
  locations         jsonb       not null,
  failing_locations jsonb       not null,
  alerts            int         not null
) with (fillfactor = 80); -- updated in place

-- The open incident of a check, of which there is at most one.
create unique index if not exists incidents_open on incidents (account_id, check_id) where resolved_position is null;
