-- The deliveries of a channel, newest first.
create index if not exists alert_deliveries_by_channel on ledger.alert_deliveries (channel, id);
