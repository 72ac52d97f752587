-- Newest first, the order of every list. A time is no order, since clocks of several hosts may differ: that of the trigger stands beside, so that
-- the sessions of a period are told by the index alone.
create index if not exists session_list_by_number_and_time on session_list (account_id, number desc, triggered_at);

-- Two in its place, and one that the status tells as well: each index is written anew with every change of a row.
drop index if exists session_list_by_number, session_list_by_time, session_list_open;
