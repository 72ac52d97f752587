-- One result by its id, which is its report's, or is derived from the sequence id where there is no report.
create index if not exists check_results_by_id on check_results (account_id, coalesce(report_id, sequence_id));
