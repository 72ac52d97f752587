-- How does each check stand at each location, and since when? One row per check and location that has a run which counts: settled, in a
-- check session, and not cancelled. Kept by the projection alerts, which decides by it what a further run means.
--
-- since and since_position are of the first run of the present condition, the columns last_* of the last run that counts.
-- incident_id is the open incident that the location belongs to: from its failure until it passes again.
create table if not exists check_conditions (
  account_id         uuid        not null,
  check_id           uuid        not null,
  location           text        not null,
  check_name         text        not null,
  check_type         text        collate "C" not null,
  condition          text        collate "C" not null,
  since              timestamptz not null,
  since_position     bigint      not null,
  last_position      bigint      not null,
  last_session_id    uuid        not null,
  last_sequence_id   uuid        not null,
  last_outcome       text        collate "C" not null,
  last_response_time bigint      null,
  last_settled_at    timestamptz not null,
  incident_id        uuid        null,
  primary key (account_id, check_id, location)
) with (fillfactor = 80); -- updated in place
