-- What became due within some hours.
create index if not exists alerts_due_by_time on alerts (account_id, settled_at desc, settled_position desc) where state = 'due';
