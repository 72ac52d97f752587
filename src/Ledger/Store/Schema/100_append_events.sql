-- Appends a batch of units, each of them whole or not at all, and says what became of each.
--
-- A unit is one or more appends, an append is the new events of one stream, and units are numbered from 1. The arrays are
-- parallel: append_* have one entry per append, event_* one per event, answer_* one per remembered answer. event_append
-- names the append that an event belongs to and event_step its place there, from 0. The caller sees to it that a stream,
-- and likewise a key, occurs at most once in a batch; if it does not, a unique index refuses the whole batch.
--
-- head                the position of the last event after this batch
-- first_positions     per append: the position of its first event, or 0 if its unit was refused
-- conflicting_units   units with a stream that is archived or not at the expected version
-- answered_units      units with a key that is taken
--
-- Read committed is what this relies on: each statement after the lock sees everything that was committed before it was
-- granted. The settings keep every plan a nested loop over an index, so that the cost of an append does not depend on how
-- many events there are.
create or replace function ledger.append_events(
  append_unit        int[],
  append_account     uuid[],
  append_stream      uuid[],
  append_expected    bigint[],
  append_count       int[],
  append_first_at    timestamptz[],
  append_last_at     timestamptz[],
  event_append       int[],
  event_step         int[],
  event_id           uuid[],
  event_type         text[],
  event_dotnet_type  text[],
  event_data         jsonb[],
  event_at           timestamptz[],
  event_user_name    text[],
  event_correlation  text[],
  event_causation    text[],
  answer_unit        int[],
  answer_account     uuid[],
  answer_scope       text[],
  answer_key         text[],
  answer_fingerprint text[],
  answer_answer      json[],
  answer_at          timestamptz[],
  out head              bigint,
  out first_positions   bigint[],
  out conflicting_units int[],
  out answered_units    int[])
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
declare
  refused int[];
  before  bigint;
begin
  select h.position into strict before from ledger.head h where h.only_one for update;

  select coalesce(array_agg(distinct a.unit), '{}') into conflicting_units
  from unnest(append_unit, append_account, append_stream, append_expected) as a(unit, account, stream, expected)
  left join ledger.mt_streams s on s.tenant_id = a.account::text and s.id = a.stream
  where coalesce(s.version, 0) <> a.expected or s.is_archived;

  answered_units := '{}';
  if cardinality(answer_unit) > 0 then
    select coalesce(array_agg(distinct a.unit), '{}') into answered_units
    from unnest(answer_unit, answer_account, answer_scope, answer_key) as a(unit, account, scope, key)
    join ledger.idempotent_answers taken on taken.account_id = a.account and taken.scope = a.scope and taken.key = a.key;
  end if;

  refused := conflicting_units || answered_units;

  select array_agg(case when p.accepted > 0 then before + p.up_to_here - p.accepted + 1 else 0 end order by p.n),
         before + sum(p.accepted)
  into first_positions, head
  from (
    select a.n, a.accepted, sum(a.accepted) over (order by a.n) as up_to_here
    from (
      select u.n, case when u.unit = any (refused) then 0 else u.events end as accepted
      from unnest(append_unit, append_count) with ordinality as u(unit, events, n)
    ) a
  ) p;

  if head = before then
    return;
  end if;

  insert into ledger.mt_streams (tenant_id, id, type, version, timestamp, created)
  select a.account::text, a.stream, 'session', a.events, a.last_at, a.first_at
  from unnest(append_account, append_stream, append_expected, append_count, append_first_at, append_last_at, first_positions)
    as a(account, stream, expected, events, first_at, last_at, first_position)
  where a.first_position > 0 and a.expected = 0;

  update ledger.mt_streams s
  set version = a.expected + a.events, timestamp = a.last_at
  from unnest(append_account, append_stream, append_expected, append_count, append_last_at, first_positions)
    as a(account, stream, expected, events, last_at, first_position)
  where a.first_position > 0 and a.expected > 0 and s.tenant_id = a.account::text and s.id = a.stream;

  insert into ledger.mt_events
    (seq_id, id, stream_id, version, data, type, timestamp, tenant_id, mt_dotnet_type, correlation_id, causation_id, user_name)
  select first_positions[e.append] + e.step, e.id, append_stream[e.append], append_expected[e.append] + e.step + 1,
         e.data, e.type, e.at, append_account[e.append]::text, e.dotnet_type, e.correlation, e.causation, e.user_name
  from unnest(event_append, event_step, event_id, event_type, event_dotnet_type, event_data, event_at,
              event_user_name, event_correlation, event_causation)
    as e(append, step, id, type, dotnet_type, data, at, user_name, correlation, causation)
  where first_positions[e.append] > 0;

  if cardinality(answer_unit) > 0 then
    insert into ledger.idempotent_answers (account_id, scope, key, fingerprint, answer, at)
    select a.account, a.scope, a.key, a.fingerprint, a.answer, a.at
    from unnest(answer_unit, answer_account, answer_scope, answer_key, answer_fingerprint, answer_answer, answer_at)
      as a(unit, account, scope, key, fingerprint, answer, at)
    where not a.unit = any (refused);
  end if;

  update ledger.head h set position = append_events.head where h.only_one;
  perform setval('ledger.mt_events_sequence', head);
end
$$;
