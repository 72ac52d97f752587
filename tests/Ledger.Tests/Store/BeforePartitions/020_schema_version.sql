-- Which schema files were applied, and in which wording: a file whose checksum has changed is applied again.
create table if not exists ledger.schema_version (
  file       text        collate "C" primary key,
  checksum   text        not null,
  applied_at timestamptz not null default now()
);
