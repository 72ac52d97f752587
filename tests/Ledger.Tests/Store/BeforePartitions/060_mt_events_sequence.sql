-- Follows the head, so that Marten's daemon finds its high-water mark here. Positions are never taken from it.
create sequence if not exists ledger.mt_events_sequence owned by ledger.mt_events.seq_id;
