-- Makes the caller, who holds the projection's advisory lock, its owner, and says where to go on. From here on a write of an
-- earlier owner is refused; one that is under way is waited for, so that the position is the one that it leaves behind.
--
-- Null when the rows that are stored are those of another version of the projection: the host that was started last has made them anew.
-- carry_on is for what keeps no rows: it goes on where its earlier version stopped instead of doing everything again.
drop function if exists ledger.take_projection(text, text);
create or replace function ledger.take_projection(
  projection text, new_owner text, lease interval, carry_on boolean, out epoch bigint, out "position" bigint)
language plpgsql
as $$
declare
  other text := (
    select max(c.name) from ledger.mt_event_progression c
    where split_part(c.name, ':', 1) = split_part(projection, ':', 1) and c.name <> projection);
begin
  if other is not null and carry_on then
    delete from ledger.projections p where p.name = other;
    delete from ledger.mt_event_progression c
    where c.name = other and exists (select from ledger.mt_event_progression mine where mine.name = projection);
    update ledger.mt_event_progression c set name = projection where c.name = other;
  elsif other is not null then
    return;
  end if;

  insert into ledger.mt_event_progression (name, last_seq_id) values (projection, 0) on conflict (name) do nothing;

  insert into ledger.projections as p (name, epoch, owner, owned_since, lease, lease_until)
  values (projection, 1, new_owner, now(), take_projection.lease, clock_timestamp() + take_projection.lease)
  on conflict (name) do update set epoch = p.epoch + 1, owner = excluded.owner, owned_since = excluded.owned_since,
    lease = excluded.lease, lease_until = clock_timestamp() + excluded.lease,
    stopped_position = null, stopped_error = null, stopped_at = null
  returning p.epoch into strict take_projection.epoch;

  select coalesce(last_seq_id, 0) into strict take_projection."position"
  from ledger.mt_event_progression where name = projection;
end
$$;
