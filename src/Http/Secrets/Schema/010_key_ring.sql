-- The keys that secrets are encrypted with (docs/security.md#keys): what ASP.NET Data Protection keeps, one row for each element of its key ring.
-- All hosts of the installation share them.
create table if not exists ledger.key_ring (
  name    text        primary key,
  xml     text        not null,
  made_at timestamptz not null default now()
);
