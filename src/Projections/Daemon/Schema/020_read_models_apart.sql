-- The read models that the shard does not keep at the moment, each with the last event that is in its rows: those that met an event which
-- they cannot handle, and those that catch up.
create table if not exists ledger.read_models_apart (
  shard      text        collate "C" not null,
  name       text        collate "C" not null,
  position   bigint      not null,
  failed     bigint      null,
  error      text        null,
  stopped_at timestamptz null,
  primary key (shard, name)
);

-- Every read model that was ever kept, and the version of its rows: one that is new to the database, or of another version, has to be made
-- from the first event on.
create table if not exists ledger.read_models_known (
  shard   text collate "C" not null,
  name    text collate "C" not null,
  version int  not null,
  primary key (shard, name)
);
