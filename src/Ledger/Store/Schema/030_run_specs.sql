-- What runs are to execute, where it is too large for the first event of their session: gzip of its JSON, kept once and read when the run is
-- claimed. Written in one commit with the event, which has the small part of it. ordinal is the run's place in the session, from 0.
create table if not exists ledger.run_specs (
  tenant_id varchar not null,
  stream_id uuid    not null,
  ordinal   int     not null,
  spec      bytea   not null,
  primary key (tenant_id, stream_id, ordinal)
);
alter table ledger.run_specs alter column spec set storage external; -- compressed already
