-- Newest first, the order of every list.
create unique index if not exists session_list_by_number on session_list (account_id, number desc);
