-- Sessions with an open run: few, among many that are settled.
create index if not exists session_list_open on session_list (account_id, number desc) where settled_at is null;
