-- The requests through one interface, newest first.
create index if not exists cancels_by_via on cancels (account_id, via, requested_at desc, position desc);
