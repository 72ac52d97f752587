-- Moves a projection's checkpoint in the transaction that writes its rows, and fails, rows and all, unless the caller is
-- still the owner and the checkpoint stands where the caller believes it to stand. LP001 is the ledger's own error code.
--
-- The commit need not wait for the disk: rows and checkpoint are lost together, and made again from the events. The setting
-- holds for this transaction alone, so it cannot leak to a writer of events on the same connection.
create or replace function ledger.advance_projection(projection text, mine bigint, before bigint, after bigint)
returns void
language plpgsql
as $$
declare
  lasts interval;
begin
  perform set_config('synchronous_commit', 'off', true);

  select p.lease_until - clock_timestamp() - p.lease / 2 into lasts
  from ledger.projections p where p.name = projection and p.epoch = mine for no key update;
  if not found then
    raise exception 'Projection % has another owner.', projection using errcode = 'LP001';
  end if;

  update ledger.mt_event_progression
  set last_seq_id = after, last_updated = now()
  where name = projection and coalesce(last_seq_id, 0) = before;
  if not found then
    raise exception 'Projection % does not stand at %.', projection, before using errcode = 'LP001';
  end if;

  -- Who commits is alive: the lease is renewed once half of it is gone.
  if lasts < interval '0' then
    update ledger.projections p set lease_until = clock_timestamp() + p.lease where p.name = projection;
  end if;
end
$$;
