-- Which sessions are there? One row per session, kept by the projection session_list.
-- number is the position of the session's first event: newest first is the order of numbers.
create table if not exists session_list (
  account_id        uuid        not null,
  session_id        uuid        not null,
  number            bigint      not null,
  kind              text        collate "C" not null,
  status            text        collate "C" not null,
  project           text        null,
  name              text        not null,
  source            text        collate "C" not null,
  concurrency_group text        null,
  actor_kind        text        collate "C" not null,
  actor_id          text        not null,
  actor_name        text        null,
  environment       text        null,
  branch            text        null,
  commit_id         text        null,
  commit_owner      text        null,
  commit_message    text        null,
  metadata          jsonb       null,
  check_ids         uuid[]      not null,
  open              int         not null,
  passed            int         not null,
  failed            int         not null,
  degraded          int         not null,
  cancelled         int         not null,
  timed_out         int         not null,
  lost              int         not null,
  reported          boolean     not null,
  triggered_at      timestamptz not null,
  settled_at        timestamptz null,
  last_position     bigint      not null,
  primary key (account_id, session_id)
) with (fillfactor = 80); -- counters are updated in place

-- Since version 2 of the model, so that lists read no streams. Added apart, since a table of version 1 may be there until it is made anew.
-- metadata is bounded: what is large is left out. updated_at is when a run was last claimed, begun or settled; location is the first run's.
-- Of test sessions: the first runs by id, and for each a letter for where it stands (o open, p passed, f failed, c cancelled); what their text
-- search looks in, in lower case, and hashes of all its runs of three characters. Of plain runs: the state of the one run, and what it came to.
alter table session_list
  add column if not exists version    bigint      null,
  add column if not exists location   text        null,
  add column if not exists updated_at timestamptz null,
  add column if not exists run_ids    uuid[]      null,
  add column if not exists run_states text        collate "C" null,
  add column if not exists search     text        null,
  add column if not exists trigrams   int[]       null,
  add column if not exists run_state  text        collate "C" null,
  add column if not exists run        jsonb       null;
