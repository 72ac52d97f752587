-- The streams that are archived.
create table if not exists ledger.mt_streams_archived partition of ledger.mt_streams for values in (true);
