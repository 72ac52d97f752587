-- The first answer to each request with an idempotency key, written in the transaction of its events (domain.md rule 5).
-- The type json keeps the answer's text as it was given.
create table if not exists ledger.idempotent_answers (
  account_id  uuid        not null,
  scope       text        collate "C" not null,
  key         text        collate "C" not null,
  fingerprint text        not null,
  answer      json        not null,
  at          timestamptz not null,
  primary key (account_id, scope, key)
);
