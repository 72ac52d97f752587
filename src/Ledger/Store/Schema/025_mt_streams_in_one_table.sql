-- A database from before there were partitions: its one table of streams steps aside and becomes the partition of the active
-- ones (036). Its rows stay where they are.
do $$
begin
  if (select c.relkind from pg_class c where c.oid = to_regclass('ledger.mt_streams')) = 'r' then
    alter table ledger.mt_streams rename to mt_streams_default;
    alter table ledger.mt_streams_default drop constraint pk_mt_streams_tenant_id_id;
  end if;
end
$$;
