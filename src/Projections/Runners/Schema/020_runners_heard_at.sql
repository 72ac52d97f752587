-- When it was heard of last, as running time (ledger.running_time): so an outage, in which no runner is heard of, does not count.
alter table ledger.runners add column if not exists heard_at timestamptz not null default '-infinity';
