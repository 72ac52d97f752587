-- The results of a check, newest first: the order of every list. Not the order of positions: clocks of several hosts may differ.
create index if not exists check_results_by_time on check_results (account_id, check_id, created_at desc, position desc);
