-- The last request for each session of a list.
create index if not exists cancels_by_session on cancels (account_id, session_id, requested_at desc, position desc);
