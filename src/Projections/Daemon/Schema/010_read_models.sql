-- How far the read models have come, which one shard of Marten's keeps together (docs/projections.md): position is the last event that was counted,
-- and moves in the transaction of the rows. generation counts the changes to which of them the shard keeps. A page that was prepared before either
-- moved is refused, however late it comes.
create table if not exists ledger.read_models (
  shard      text        collate "C" primary key,
  generation bigint      not null default 0,
  position   bigint      not null default 0,
  owner      text        null,
  updated_at timestamptz null
);

alter table ledger.read_models add column if not exists updated_at timestamptz null;
drop trigger if exists guard_checkpoint on ledger.read_models; -- of before the position moved by itself
