-- The failures of a check: few, among many that passed.
create index if not exists check_results_failed on check_results (account_id, check_id, created_at desc, position desc)
  where has_failures;
