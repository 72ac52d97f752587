-- The sessions of a batch (wire.md 8.3).
create index if not exists session_list_by_batch on ledger.session_list (account_id, (metadata ->> 'batchId'))
  where metadata ->> 'batchId' is not null;
