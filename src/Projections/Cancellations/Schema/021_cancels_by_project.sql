-- The requests of one project, newest first.
create index if not exists cancels_by_project on cancels (account_id, project, requested_at desc, position desc)
  where project is not null;
