-- The streams that are not archived; versions are updated in place, on the same page, for which the pages keep room. Attaches the
-- table of a database from before there were partitions, after what somebody else has archived in it was moved.
create table if not exists ledger.mt_streams_default (like ledger.mt_streams including defaults) with (fillfactor = 80);

do $$
begin
  if not (select c.relispartition from pg_class c where c.oid = 'ledger.mt_streams_default'::regclass) then
    with moved as (delete from ledger.mt_streams_default where is_archived returning *)
    insert into ledger.mt_streams (tenant_id, id, type, version, timestamp, created, is_archived)
    select tenant_id, id, type, version, timestamp, created, is_archived from moved;

    alter table ledger.mt_streams attach partition ledger.mt_streams_default default;
  end if;
end
$$;
