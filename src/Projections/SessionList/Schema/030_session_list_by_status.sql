-- Newest first within a status, so that a rare status is found without reading all sessions. Those with an open run are those of some statuses.
create index if not exists session_list_by_status on session_list (account_id, status, number desc);
