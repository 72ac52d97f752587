-- One row: the clock that all deadlines run by. It is the database's own, less the time that the ledger or its database was away.
-- Hosts sweep the due times several times a second and say so here; a longer gap between two sweeps is an outage.
create schema if not exists ledger; -- Files are applied in the order of their names, and this one comes first.
create table if not exists ledger.deadline_clock (
  one_row             boolean          primary key default true check (one_row),
  swept_at            timestamptz      not null default clock_timestamp(),
  lost_seconds        double precision not null default 0,
  -- What the hosts are set to: the gap that is no outage yet, and a whole lease, which is granted anew after one.
  longest_gap_seconds double precision not null default 2,
  lease_seconds       double precision not null default 30
) with (fillfactor = 20);
insert into ledger.deadline_clock default values on conflict do nothing;
