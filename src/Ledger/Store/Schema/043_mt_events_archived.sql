-- The events of streams that are archived.
create table if not exists ledger.mt_events_archived partition of ledger.mt_events for values in (true);
