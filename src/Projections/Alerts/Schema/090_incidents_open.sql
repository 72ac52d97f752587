-- The open incident of a check, of which there is at most one.
create unique index if not exists incidents_open on incidents (account_id, check_id) where resolved_position is null;
