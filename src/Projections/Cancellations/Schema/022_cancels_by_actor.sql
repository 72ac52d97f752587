-- The requests of one actor by its id, newest first.
create index if not exists cancels_by_actor on cancels (account_id, actor_id, requested_at desc, position desc);
