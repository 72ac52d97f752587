-- One request by its id.
create index if not exists cancels_by_id on cancels (account_id, cancel_id);
