-- What may be forgotten, oldest first.
create index if not exists alert_deliveries_closed on ledger.alert_deliveries (closed_at) where closed_at is not null;
