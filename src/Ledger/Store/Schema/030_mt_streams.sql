-- One row per session, in the layout of Marten 8 and 9 with Guid stream identity, conjoined tenancy and archived streams in a
-- partition of their own. tenant_id is the account's uuid as lower-case text. Key texts are collated "C": cheaper to compare, and
-- their indexes survive an upgrade of the system's locale data.
create table if not exists ledger.mt_streams (
  tenant_id   varchar     collate "C" not null default '*DEFAULT*',
  id          uuid        not null,
  type        varchar     null,
  version     bigint      not null,
  timestamp   timestamptz not null default now(),
  created     timestamptz not null default now(),
  is_archived boolean     not null default false,
  constraint pkey_mt_streams_tenant_id_id_is_archived primary key (tenant_id, id, is_archived)
) partition by list (is_archived);
