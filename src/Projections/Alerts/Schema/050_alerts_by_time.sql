-- The alerts of an account, newest first.
create index if not exists alerts_by_time on alerts (account_id, decided_at desc, position desc);
