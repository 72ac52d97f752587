-- How much time the ledger has lost by now, given what the last sweep knew. After an outage that is the outage and one lease more, so that
-- every lease has its whole length again whatever was left of it. A clock of the database that was set back has gained nothing.
create or replace function ledger.lost_seconds(clock ledger.deadline_clock, at timestamptz) returns double precision
language sql stable as $$
  select clock.lost_seconds + case
    when gap > clock.longest_gap_seconds then gap + clock.lease_seconds
    when gap < -clock.longest_gap_seconds then gap
    else 0
  end
  from (select extract(epoch from at - clock.swept_at)::double precision as gap) g
$$;
