-- Sessions of a concurrency group that are in front of another.
create index if not exists open_runs_by_group on open_runs (account_id, concurrency_group, session_number)
  where concurrency_group is not null;
