-- Who asked to cancel what, when, why, and what came of it? One row per request, refused ones included, kept by the projection
-- cancellations. position is that of the event that brought the request; a later event of the same cancel is its escalation.
--
-- targets is how many runs were targeted; cancelled, expired and finished say how those of them ended that are settled; outcome follows
-- from the four. skipped lists the runs that were asked for and left alone, each with why.
create table if not exists cancels (
  position      bigint      primary key,
  account_id    uuid        not null,
  session_id    uuid        not null,
  cancel_id     uuid        not null,
  session_kind  text        collate "C" not null,
  session_name  text        not null,
  project       text        null,
  actor_kind    text        collate "C" not null,
  actor_id      text        collate "C" not null,
  actor_name    text        collate "C" null,
  via           text        collate "C" not null,
  cause         text        collate "C" not null,
  reason        text        null,
  forced        boolean     not null,
  escalation    jsonb       null,
  superseded_by uuid        null,
  origin        jsonb       null,
  requested_at  timestamptz not null,
  settled_at    timestamptz null,
  targets       int         not null,
  cancelled     int         not null,
  expired       int         not null,
  finished      int         not null,
  outcome       text        collate "C" not null,
  skipped_count int         not null,
  skipped       jsonb       not null
) with (fillfactor = 90); -- updated in place until it is settled

-- One request by its id; also how an escalation finds it.
create index if not exists cancels_by_id on cancels (account_id, cancel_id);
