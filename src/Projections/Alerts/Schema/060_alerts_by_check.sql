-- The alerts of a check, newest first.
create index if not exists alerts_by_check on alerts (account_id, check_id, decided_at desc, position desc);
