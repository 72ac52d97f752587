-- One row per event. seq_id is the global order: gapless, and in the order of commits (see append_events).
-- bdata is Marten 9's column for binary payloads: the ledger leaves it null, Marten expects to find it.
-- Marten's foreign key to mt_streams is left out: append_events is the only writer and always writes the stream's row first,
-- while checking the key again for each event costs 40 % of an append. Events of archived streams stand in a partition of their own;
-- that seq_id is unique across both is the doing of the lock on the head, which appends and moves take.
create table if not exists ledger.mt_events (
  seq_id         bigint      not null,
  id             uuid        not null,
  stream_id      uuid        not null,
  version        bigint      not null,
  data           jsonb       not null,
  bdata          bytea       null,
  type           varchar     not null,
  timestamp      timestamptz not null default now(),
  tenant_id      varchar     collate "C" not null default '*DEFAULT*',
  mt_dotnet_type varchar     null,
  correlation_id varchar     null,
  causation_id   varchar     null,
  headers        jsonb       null,
  user_name      varchar     null,
  is_archived    boolean     not null default false,
  constraint pkey_mt_events_seq_id_is_archived primary key (seq_id, is_archived)
) partition by list (is_archived);
