-- Claims: the oldest queued runs of a location and a type.
create index if not exists open_runs_queued on open_runs (account_id, location, check_type, session_number, ordinal)
  where state = 'queued';
