-- What was done to projections by hand: who asked for it, when and why, at which event and after which error. A skip holds for ever: a
-- rebuild passes over the event as well.
create table if not exists ledger.projection_actions (
  id         bigint      generated always as identity primary key,
  projection text        collate "C" not null,
  action     text        collate "C" not null,
  actor      text        not null,
  at         timestamptz not null default now(),
  "position" bigint      null,
  error      text        null,
  reason     text        null
);
create index if not exists projection_actions_newest on ledger.projection_actions (projection, id desc);
create index if not exists projection_actions_skips on ledger.projection_actions (projection, position) where action = 'skip';
