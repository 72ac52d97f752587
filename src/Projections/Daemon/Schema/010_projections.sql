-- What the daemon knows about each projection beyond its checkpoint, which stands in mt_event_progression as in Marten.
-- epoch counts the owners: a write names the epoch that it was made in, and only the latest one is accepted.
create table if not exists ledger.projections (
  name             text        collate "C" primary key,
  epoch            bigint      not null default 0,
  owner            text        null,
  owned_since      timestamptz null,
  stopped_position bigint      null,
  stopped_error    text        null,
  stopped_at       timestamptz null
);
