-- Sessions that contain a check.
create index if not exists session_list_by_check on ledger.session_list using gin (check_ids);
