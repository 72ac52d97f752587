-- What is to be sent, by receiver. Small: nothing stays open for long.
create index if not exists alert_deliveries_open on ledger.alert_deliveries (channel, next_attempt_at, id) where state = 'open';
