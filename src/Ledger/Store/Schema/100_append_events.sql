-- Appends a batch of units, each of them whole or not at all, and says which were refused.
--
-- A unit is one or more appends, an append is the new events of one stream. The arrays are parallel: append_* have one entry
-- per append, event_* one per event in the order of the appends, answer_* one per remembered answer. Units are named by the
-- numbers in append_unit and answer_unit, appends by their place from 1. The caller sees to it that a stream, and likewise a
-- key, occurs at most once in a batch; if it does not, a unique index refuses the whole batch.
--
-- head                the position of the last event after this batch; the events of the accepted units lead up to it in order
-- conflicting_units   units with a stream that is not at the expected version
-- answered_units      units with a key that is taken
--
-- Read committed is what this relies on: each statement after the lock sees everything that was committed before it was
-- granted. What comes for an archived stream is appended all the same, where its other events are: nothing is lost, and a reader
-- finds a stream in one partition. The settings keep every plan a nested loop over an index, so that the cost of an append does not depend on how
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
  event_version      bigint[],
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
  before  bigint;
  refused int[];
  -- The appends to archived streams; usually none.
  archived int[];
  -- Per append: how many events of refused units stand before it, or -1 if it is refused itself. Empty when nothing is refused.
  skipped bigint[] := '{}';
begin
  select h.position into strict before from ledger.head h where h.only_one for update;
  head := before + cardinality(event_append);

  select coalesce(array_agg(distinct a.unit) filter (where coalesce(s.version, 0) <> a.expected), '{}'),
         coalesce(array_agg(a.n::int) filter (where s.is_archived), '{}')
  into conflicting_units, archived
  from unnest(append_unit, append_account, append_stream, append_expected) with ordinality as a(unit, account, stream, expected, n)
  left join ledger.mt_streams s on s.tenant_id = a.account::text and s.id = a.stream;

  answered_units := '{}';
  if cardinality(answer_unit) > 0 then
    select coalesce(array_agg(distinct a.unit), '{}') into answered_units
    from unnest(answer_unit, answer_account, answer_scope, answer_key) as a(unit, account, scope, key)
    join ledger.idempotent_answers taken on taken.account_id = a.account and taken.scope = a.scope and taken.key = a.key;
  end if;

  refused := conflicting_units || answered_units;
  if cardinality(refused) > 0 then
    select coalesce(array_agg(case when a.refused > 0 then -1 else a.up_to_here end order by a.n), '{}'),
           before + coalesce(sum(a.events - a.refused), 0)
    into skipped, head
    from (
      select r.n, r.events, r.refused, sum(r.refused) over (order by r.n) as up_to_here
      from (
        select u.n, u.events, case when u.unit = any (refused) then u.events else 0 end as refused
        from unnest(append_unit, append_count) with ordinality as u(unit, events, n)
      ) r
    ) a;
  end if;

  if 0 = any (append_expected) then
    insert into ledger.mt_streams (tenant_id, id, type, version, timestamp, created)
    select a.account::text, a.stream, 'session', a.events, a.last_at, a.first_at
    from unnest(append_account, append_stream, append_expected, append_count, append_first_at, append_last_at)
      with ordinality as a(account, stream, expected, events, first_at, last_at, n)
    where a.expected = 0 and coalesce(skipped[a.n], 0) >= 0;
  end if;

  if 0 < any (append_expected) then
    update ledger.mt_streams s
    set version = a.expected + a.events, timestamp = a.last_at
    from unnest(append_account, append_stream, append_expected, append_count, append_last_at)
      with ordinality as a(account, stream, expected, events, last_at, n)
    where a.expected > 0 and coalesce(skipped[a.n], 0) >= 0 and s.tenant_id = a.account::text and s.id = a.stream;
  end if;

  insert into ledger.mt_events
    (seq_id, id, stream_id, version, data, type, timestamp, tenant_id, mt_dotnet_type, correlation_id, causation_id, user_name,
     is_archived)
  select before + e.n - coalesce(skipped[e.append], 0), e.id, append_stream[e.append], e.version, e.data, e.type, e.at,
         append_account[e.append]::text, e.dotnet_type, e.correlation, e.causation, e.user_name,
         e.append = any (archived)
  from unnest(event_append, event_version, event_id, event_type, event_dotnet_type, event_data, event_at,
              event_user_name, event_correlation, event_causation)
    with ordinality as e(append, version, id, type, dotnet_type, data, at, user_name, correlation, causation, n)
  where coalesce(skipped[e.append], 0) >= 0;

  if cardinality(answer_unit) > 0 then
    insert into ledger.idempotent_answers (account_id, scope, key, fingerprint, answer, at)
    select a.account, a.scope, a.key, a.fingerprint, a.answer, a.at
    from unnest(answer_unit, answer_account, answer_scope, answer_key, answer_fingerprint, answer_answer, answer_at)
      as a(unit, account, scope, key, fingerprint, answer, at)
    where not a.unit = any (refused);
  end if;

  if head > before then
    update ledger.head h set position = append_events.head where h.only_one;
    head := setval('ledger.mt_events_sequence', head);
  end if;
end
$$;
