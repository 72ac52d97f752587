-- Ends the connection that holds an advisory lock if its client has not used it for some time: a process that is stopped, or gone
-- without a word, keeps its connection and so its lock. A statement that the server is working on is never cut off: that is no silence.
create or replace function ledger.evict_lock_holder(lock_name text, silent_for interval)
returns boolean
language sql
as $$
  select coalesce(bool_or(pg_terminate_backend(a.pid, 2000)), false)
  from pg_locks l
  join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'advisory' and l.granted and l.objsubid = 1
    and l.database = (select d.oid from pg_database d where d.datname = current_database())
    and ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended(lock_name, 0)
    and (a.state <> 'active' or a.wait_event_type = 'Client')
    and a.state_change < clock_timestamp() - silent_for;
$$;
