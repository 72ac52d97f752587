-- A version of a stream exists once: the last line of defence of optimistic concurrency, and the index that streams are read by.
-- Marten gives this unique index the prefix pk_.
create unique index if not exists pk_mt_events_stream_and_version on ledger.mt_events (tenant_id, stream_id, version);
