-- Runs with a deadline: all but the queued ones.
create index if not exists open_runs_watched on open_runs (account_id, session_id, sequence_id) where state <> 'queued';
