-- What was not sent, newest first: few, among many that were.
create index if not exists alerts_not_due on alerts (account_id, decided_at desc, position desc) where state <> 'due';
