-- Newest first: the order of every list. Not the order of positions: clocks of several hosts may differ.
create index if not exists cancels_by_time on cancels (account_id, requested_at desc, position desc);
