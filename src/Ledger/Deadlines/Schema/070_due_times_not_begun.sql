-- Claims: what a runner was given and has not begun.
create index if not exists due_times_not_begun on ledger.due_times (account_id, runner_id) where not has_begun;
