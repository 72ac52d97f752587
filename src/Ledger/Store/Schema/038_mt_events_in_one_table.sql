-- A database from before there were partitions: its one table of events steps aside and becomes the partition of the active ones
-- (046). Its rows stay where they are; its two indexes are built anew there, since they lack the column is_archived.
do $$
begin
  if (select c.relkind from pg_class c where c.oid = to_regclass('ledger.mt_events')) = 'r' then
    alter table ledger.mt_events rename to mt_events_default;
    alter table ledger.mt_events_default drop constraint pkey_mt_events_seq_id;
    drop index ledger.pk_mt_events_stream_and_version;
  end if;
end
$$;
