-- How did the runs of each check go? One row per check, location, span of time and way in which its runs ended, kept by the projection
-- check_metrics. A run belongs to the span in which it was settled.
--
-- span is 'hour' or 'day', both of UTC; the rows of a day say again what those of its hours say, so that a long report reads few of them.
-- outcome is how the runs ended. A cancelled run stands in rows of its own, one per cause, and touches no other; cause is empty elsewhere.
-- The response times, in milliseconds, are those of the runs that have one: their sum and the sum of their squares, both exact, the shortest
-- and the longest (null where there is none), and how often which value occurred, as the class Histogram writes it. Cancelled runs give none.
-- Histograms are merged by putting one after the other.
create table if not exists check_metrics (
  account_id     uuid        not null,
  check_id       uuid        not null,
  span           text        collate "C" not null,
  starts_at      timestamptz not null,
  location       text        collate "C" not null,
  outcome        text        collate "C" not null,
  cause          text        collate "C" not null,
  runs           bigint      not null,
  sum            numeric     not null,
  sum_of_squares numeric     not null,
  shortest       bigint      null,
  longest        bigint      null,
  histogram      bytea       not null,
  primary key (account_id, check_id, span, starts_at, location, outcome, cause)
) with (fillfactor = 70); -- the rows of this hour and this day are rewritten all the time
