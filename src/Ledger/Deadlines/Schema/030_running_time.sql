-- The time that deadlines are compared with. It stands still while the ledger is away, also before the first sweep has found out.
-- given is a clock that a test moves; 'infinity' for the database's own.
create or replace function ledger.running_time(given timestamptz) returns timestamptz
language sql volatile as $$
  select coalesce(nullif(given, 'infinity'), r.at) - make_interval(secs => ledger.lost_seconds(c, r.at))
  from ledger.deadline_clock c cross join (select clock_timestamp() as at) r
$$;
