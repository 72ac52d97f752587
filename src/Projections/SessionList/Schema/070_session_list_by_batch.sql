-- The sessions of a batch (docs/dialects/testerarmy.md#batches). By hash, which holds a text of any length: callers may put whatever they
-- like into metadata, and no event may be too large for the projection.
create index if not exists session_list_of_batch on session_list using hash ((metadata ->> 'batchId'))
  where metadata ->> 'batchId' is not null;
