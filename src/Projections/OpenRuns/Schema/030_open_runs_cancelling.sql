-- Everything that a runner still has to stop.
create index if not exists open_runs_cancelling on open_runs (account_id, runner_id) where cancel_id is not null;
