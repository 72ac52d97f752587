-- The incidents of an account, newest first.
create index if not exists incidents_by_time on incidents (account_id, opened_at desc, opened_position desc);
