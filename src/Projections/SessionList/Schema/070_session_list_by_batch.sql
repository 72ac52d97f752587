-- The sessions of a batch (wire.md 8.3). By hash, which holds a text of any length:
-- callers may put whatever they like into metadata, and no event may be too large for the projection.
drop index if exists ledger.session_list_by_batch;
create index if not exists session_list_of_batch on ledger.session_list using hash ((metadata ->> 'batchId'))
  where metadata ->> 'batchId' is not null;
