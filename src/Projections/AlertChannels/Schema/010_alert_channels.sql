-- Where alerts are sent: webhooks of an account (docs/http.md#audit-and-reports). Configuration, in no projection's hands.
--
-- id is the caller's name for it, number the ledger's own, for readers that know only numbers (docs/dialects/checkly.md#alerts). host is
-- the receiver of the url: who sends shares its attention between receivers. An alert goes to a channel when the event that settled it
-- stands after active_after, the head of the log when the channel was made or last enabled. A deleted channel stays for the sake of its
-- deliveries.
create table if not exists ledger.alert_channels (
  number          bigint      generated always as identity primary key,
  account_id      uuid        not null,
  id              text        collate "C" not null,
  url             text        not null,
  host            text        collate "C" not null,
  events          text[]      not null,
  check_ids       uuid[]      null, -- every check when null
  active_after    bigint      not null,
  created_at      timestamptz not null,
  updated_at      timestamptz not null,
  disabled_at     timestamptz null,
  disabled_reason text        null,
  deleted_at      timestamptz null
);

create unique index if not exists alert_channels_by_id on ledger.alert_channels (account_id, id) where deleted_at is null;
