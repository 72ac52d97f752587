-- How long an owner may be silent, and until when it was heard of, by this server's clock. An owner that runs out of it may be replaced:
-- a host that is stopped keeps its connections, and with them its locks, for as long as it stands still.
alter table ledger.projections
  add column if not exists lease interval null,
  add column if not exists lease_until timestamptz null;
