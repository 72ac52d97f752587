-- Moves streams to the archived partitions and says how many; one that has moved on since its version was read stays. The lock on the
-- head keeps appends out: each finds a stream in one partition, whole. The commit need not wait for the disk, since a move that is
-- lost with the machine is made again, and the next append takes it along.
create or replace function ledger.archive_streams(accounts uuid[], streams uuid[], versions bigint[])
returns bigint
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
declare
  moved uuid[];
  moved_accounts text[];
begin
  perform set_config('synchronous_commit', 'off', true);
  perform from ledger.head h where h.only_one for update;

  with moving as (
    update ledger.mt_streams s
    set is_archived = true
    from unnest(accounts, streams, versions) as a(account, stream, version)
    where s.tenant_id = a.account::text and s.id = a.stream and s.version = a.version and not s.is_archived
    returning s.tenant_id, s.id
  )
  select coalesce(array_agg(tenant_id), '{}'), coalesce(array_agg(id), '{}') into moved_accounts, moved from moving;

  update ledger.mt_events e
  set is_archived = true
  from unnest(moved_accounts, moved) as a(account, stream)
  where e.tenant_id = a.account and e.stream_id = a.stream and not e.is_archived;

  return cardinality(moved);
end
$$;
