-- The host that catches up with read models which stand apart, and rebuilds others: one at a time. epoch counts the takers; a transaction of
-- an earlier one is refused. A host that says nothing until busy_until is replaced.
create table if not exists ledger.read_model_work (
  shard      text        collate "C" primary key,
  epoch      bigint      not null,
  busy_until timestamptz not null
);
