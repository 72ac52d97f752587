-- Makes the caller, who holds the projection's advisory lock, its owner, and says where to go on. From here on a write of an
-- earlier owner is refused; one that is under way is waited for, so that the position is the one that it leaves behind.
create or replace function ledger.take_projection(projection text, new_owner text, out epoch bigint, out "position" bigint)
language plpgsql
as $$
begin
  insert into ledger.mt_event_progression (name, last_seq_id) values (projection, 0) on conflict (name) do nothing;

  insert into ledger.projections as p (name, epoch, owner, owned_since) values (projection, 1, new_owner, now())
  on conflict (name) do update set epoch = p.epoch + 1, owner = excluded.owner, owned_since = excluded.owned_since,
    stopped_position = null, stopped_error = null, stopped_at = null
  returning p.epoch into strict take_projection.epoch;

  select coalesce(last_seq_id, 0) into strict take_projection."position"
  from ledger.mt_event_progression where name = projection;
end
$$;
