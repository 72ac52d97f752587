-- Renews the leases of those projections whose owner still is the one of that epoch. One that is being committed to is passed over:
-- its commit renews it.
create or replace function ledger.renew_leases(projections text[], epochs bigint[])
returns void
language sql
as $$
  update ledger.projections p set lease_until = clock_timestamp() + p.lease
  from (
    select q.name from unnest(projections, epochs) as mine(name, epoch)
    join ledger.projections q on q.name = mine.name and q.epoch = mine.epoch
    for no key update of q skip locked
  ) owned
  where p.name = owned.name;
$$;
