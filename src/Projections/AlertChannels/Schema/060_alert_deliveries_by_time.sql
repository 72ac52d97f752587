-- The alerts that an account was sent, newest first; no tests.
create index if not exists alert_deliveries_by_time on ledger.alert_deliveries (account_id, created_at, id)
  where alert_position is not null;
