-- Every try to deliver: status is the receiver's answer, error why there was none, response the beginning of the answer's body.
create table if not exists ledger.alert_delivery_attempts (
  delivery    bigint      not null references ledger.alert_deliveries (id),
  attempt     int         not null,
  at          timestamptz not null,
  duration_ms int         not null,
  status      int         null,
  error       text        null,
  response    text        null,
  primary key (delivery, attempt)
);
