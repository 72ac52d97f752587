-- Newest first within a project (wire.md 6.2, 7.3); the default project is null.
create index if not exists session_list_by_project on session_list (account_id, project, number desc);
