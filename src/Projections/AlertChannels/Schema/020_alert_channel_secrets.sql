-- What a channel's webhooks are signed with: the current secret, whose valid_until is null, and the rotated ones until they end. Readable,
-- unlike keys: an HMAC needs the secret itself. Gone with the channel.
create table if not exists ledger.alert_channel_secrets (
  id          bigint      generated always as identity primary key,
  channel     bigint      not null references ledger.alert_channels (number),
  secret      text        not null,
  created_at  timestamptz not null,
  valid_until timestamptz null
);

create index if not exists alert_channel_secrets_by_channel on ledger.alert_channel_secrets (channel);
