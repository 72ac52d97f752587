-- The events of streams that are not archived. Attaches the table of a database from before there were partitions, after what
-- somebody else has archived in it was moved.
create table if not exists ledger.mt_events_default (like ledger.mt_events including defaults);

do $$
begin
  if not (select c.relispartition from pg_class c where c.oid = 'ledger.mt_events_default'::regclass) then
    with moved as (delete from ledger.mt_events_default where is_archived returning *)
    insert into ledger.mt_events (
      seq_id, id, stream_id, version, data, bdata, type, timestamp, tenant_id, mt_dotnet_type, correlation_id, causation_id, headers,
      user_name, is_archived)
    select
      seq_id, id, stream_id, version, data, bdata, type, timestamp, tenant_id, mt_dotnet_type, correlation_id, causation_id, headers,
      user_name, is_archived
    from moved;

    alter table ledger.mt_events attach partition ledger.mt_events_default default;
  end if;
end
$$;
