-- Runs first in the transaction of a page, and fails it unless the page was prepared for the models that the shard keeps now, and begins
-- after the last event that was counted. Marten itself only warns of a second host that moves a shard's checkpoint. LP001 is the ledger's
-- own error code.
--
-- The commit need not wait for the disk: rows and checkpoint are lost together, and made again from the events.
create or replace procedure ledger.guard_read_models(kept text, mine bigint, first bigint, last bigint, host text)
language plpgsql
as $$
declare
  found_generation bigint;
  found_position bigint;
begin
  perform set_config('synchronous_commit', 'off', true);

  select r.generation, r.position into strict found_generation, found_position
  from ledger.read_models r where r.shard = kept for update;
  if found_generation <> mine then
    raise exception 'Other read models are kept since the page was prepared.' using errcode = 'LP001';
  end if;
  if found_position >= first then
    raise exception 'The events from % to % are counted already.', first, last using errcode = 'LP001';
  end if;

  update ledger.read_models r set position = last, owner = host where r.shard = kept;
end
$$;

-- Refuses rows whose checkpoint does not come with them: Marten moves a checkpoint only from where the host believes it to be, and goes on
-- when it is elsewhere by now. Looked at when the transaction commits, in whichever order it has written.
create or replace function ledger.guard_checkpoint() returns trigger
language plpgsql
as $$
begin
  if not exists (select from ledger.mt_event_progression p where p.name = new.shard and p.last_seq_id >= new.position) then
    raise exception 'Another host has moved the checkpoint.' using errcode = 'LP001';
  end if;
  return null;
end
$$;

drop trigger if exists guard_checkpoint on ledger.read_models;
create constraint trigger guard_checkpoint after update of position on ledger.read_models
deferrable initially deferred
for each row when (new.position > old.position) execute function ledger.guard_checkpoint();
