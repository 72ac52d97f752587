-- How many requests, and how many targeted runs, ended how? By the UTC hour, and again by the UTC day, in which the cancel was asked for.
-- What is pending is not in it: it is counted when it is read, so that the numbers here only grow.
create table if not exists cancel_counts (
  account_id uuid        not null,
  grain      text        collate "C" not null,
  start      timestamptz not null,
  subject    text        collate "C" not null,
  cause      text        collate "C" not null,
  via        text        collate "C" not null,
  outcome    text        collate "C" not null,
  count      bigint      not null,
  primary key (account_id, grain, start, subject, cause, via, outcome)
) with (fillfactor = 70); -- updated in place
