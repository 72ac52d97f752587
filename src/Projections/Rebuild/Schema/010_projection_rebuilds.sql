-- The last rebuild of each projection, for every host to see. position is how far the second copy of the tables has come; fingerprint is
-- the wording of the schema files that made it. keeps_old: the tables that it replaced are kept in a schema ledger_old_<name>.
create table if not exists ledger.projection_rebuilds (
  name        text        collate "C" primary key,
  fingerprint text        not null default '',
  state       text        collate "C" not null,
  position    bigint      not null,
  head        bigint      not null,
  started_at  timestamptz not null,
  started_by  text        not null,
  finished_at timestamptz null,
  differences bigint      null,
  error       text        null,
  keeps_old   boolean     not null default false
);
