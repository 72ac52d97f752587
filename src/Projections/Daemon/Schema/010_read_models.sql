-- What Marten does not know of the read models, which one of its shards keeps together (docs/projections.md). generation counts the
-- changes to which of them the shard keeps: a page that was prepared before such a change is refused. position is the last event that was
-- counted: a page that another host has counted is refused as well, however late it comes.
create table if not exists ledger.read_models (
  shard      text    collate "C" primary key,
  generation bigint  not null default 0,
  position   bigint  not null default 0,
  owner      text    null
);
