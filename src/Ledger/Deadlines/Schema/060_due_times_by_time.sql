-- The sweep: what is due now.
create index if not exists due_times_by_time on ledger.due_times (due_at);
