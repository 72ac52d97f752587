-- The requests of one cause, newest first: some are rare.
create index if not exists cancels_by_cause on cancels (account_id, cause, requested_at desc, position desc);
