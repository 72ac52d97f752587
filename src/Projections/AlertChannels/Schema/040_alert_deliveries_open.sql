-- What is still to be sent to a channel. Small: nothing stays open for long.
create index if not exists alert_deliveries_open on ledger.alert_deliveries (channel) where state = 'open';
