-- When a runner last asked for runs at a location, as running time (ledger.running_time): so an outage, in which none could ask, does not count.
create table if not exists ledger.served_locations (
  account_id uuid        not null,
  location   text        not null,
  asked_at   timestamptz not null,
  primary key (account_id, location)
) with (fillfactor = 50);
