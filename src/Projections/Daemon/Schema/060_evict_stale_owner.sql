-- Ends the connection of a projection's owner whose lease has run out, so that another host gets the lock that it holds. Should the
-- owner go on, its writes are refused by their epoch. A second of grace for who has the lock, and is about to be given the lease.
create or replace function ledger.evict_stale_owner(projection text, lock_name text)
returns boolean
language sql
as $$
  select not exists (
      select from ledger.projections p
      where p.name = projection and (p.lease_until is null or p.lease_until > clock_timestamp()))
    and ledger.evict_lock_holder(lock_name, interval '1 second');
$$;
