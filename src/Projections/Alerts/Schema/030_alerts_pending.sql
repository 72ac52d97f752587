-- The alert that waits for its run: what settles the run finds it here. Small, since few runs are open.
create unique index if not exists alerts_pending on alerts (account_id, session_id, sequence_id) where state = 'pending';
