-- Moves a rebuild's position in the transaction that writes its rows, and fails, rows and all, unless the caller is still the one who
-- works on it and it stands where the caller believes it to stand. As with projections, the commit need not wait for the disk.
create or replace function ledger.advance_rebuild(projection text, mine bigint, before bigint, after bigint, log_head bigint)
returns void
language plpgsql
as $$
begin
  perform set_config('synchronous_commit', 'off', true);

  update ledger.projection_rebuilds r set position = after, head = log_head
  where r.name = projection and r.epoch = mine and r.position = before;
  if not found then
    raise exception 'The rebuild of % is no longer mine at %.', projection, before using errcode = 'LP001';
  end if;
end
$$;
