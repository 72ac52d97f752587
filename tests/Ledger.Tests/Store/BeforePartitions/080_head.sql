-- The position of the last event. Every append locks this one row until it has committed, which makes the global order
-- gapless and equal to the order of commits.
create table if not exists ledger.head (
  only_one boolean primary key default true check (only_one),
  position bigint  not null default 0
);
