-- Sessions of a period. Not the order of numbers: clocks of several hosts may differ.
create index if not exists session_list_by_time on session_list (account_id, triggered_at desc);
