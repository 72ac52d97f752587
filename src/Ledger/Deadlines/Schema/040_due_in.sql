-- When something is due in so many seconds; never for a negative number.
create or replace function ledger.due_in(now timestamptz, seconds double precision) returns timestamptz
language sql immutable as $$
  select case when seconds < 0 then 'infinity'::timestamptz else now + make_interval(secs => seconds) end
$$;
