-- The incidents of a check, newest first.
create index if not exists incidents_by_check on incidents (account_id, check_id, opened_at desc, opened_position desc);
