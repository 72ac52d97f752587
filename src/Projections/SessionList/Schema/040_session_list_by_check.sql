-- Sessions that contain a check.
create index if not exists session_list_by_check on session_list using gin (check_ids);
