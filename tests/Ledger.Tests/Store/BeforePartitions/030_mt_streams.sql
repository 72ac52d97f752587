-- One row per session, in the layout of Marten 8 and 9 with Guid stream identity and conjoined tenancy.
-- tenant_id is the account's uuid as lower-case text. Key texts are collated "C": cheaper to compare, and their indexes
-- survive an upgrade of the system's locale data.
create table if not exists ledger.mt_streams (
  tenant_id   varchar     collate "C" not null default '*DEFAULT*',
  id          uuid        not null,
  type        varchar     null,
  version     bigint      not null,
  timestamp   timestamptz not null default now(),
  created     timestamptz not null default now(),
  is_archived boolean     not null default false,
  constraint pk_mt_streams_tenant_id_id primary key (tenant_id, id)
) with (fillfactor = 80); -- versions are updated in place, on the same page
