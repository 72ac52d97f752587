-- The requests of one actor by its name, newest first.
create index if not exists cancels_by_actor_name on cancels (account_id, actor_name, requested_at desc, position desc)
  where actor_name is not null;
