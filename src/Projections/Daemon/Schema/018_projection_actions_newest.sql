-- The newest actions of a projection.
create index if not exists projection_actions_newest on ledger.projection_actions (projection, id desc);
