-- Newest first within a project (docs/dialects/empirical.md#reads, docs/dialects/stably.md#command-line); the default project is null.
create index if not exists session_list_by_project on session_list (account_id, project, number desc);
