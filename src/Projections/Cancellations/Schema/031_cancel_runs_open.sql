-- The runs whose cancel is under way, by which events find them: few at any time, however many there have been.
create index if not exists cancel_runs_open on cancel_runs (session_id, sequence_id) where settled_at is null;
