-- The requests with one outcome, newest first; also how the few that are pending are found.
create index if not exists cancels_by_outcome on cancels (account_id, outcome, requested_at desc, position desc);
