using System.Globalization;
using System.Text.Json;
using Ledger.Projections.Daemon;
using Ledger.Projections.Metrics;
using Ledger.Projections.OpenRuns;
using Ledger.Serialization;
using Ledger.Sessions;
using Ledger.Store;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.Cancellations;

/// <summary>The table <c>cancels</c>, as the projection reads and writes it.</summary>
internal static class CancelsTable
{
    /// <summary>What the fold needs of a request, in the order in which <see cref="Read"/> reads it.</summary>
    public const string Columns =
        "c.position, c.requested_at, c.cause, c.via, c.targets, c.forced, c.escalation, c.cancelled, c.expired, c.finished, c.settled_at";

    private const string LoadSql = $"""
        select c.account_id, c.session_id, c.cancel_id, {Columns}
        from unnest($1, $2, $3) as k(account_id, session_id, cancel_id)
        join cancels c using (account_id, session_id, cancel_id)
        """;

    private const string InsertSql = """
        insert into cancels (
          position, account_id, session_id, cancel_id, session_kind, session_name, project, actor_kind, actor_id, actor_name, via, cause,
          reason, superseded_by, origin, requested_at, targets, skipped_count, skipped,
          forced, escalation, settled_at, cancelled, expired, finished, outcome)
        select * from unnest(
          $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)
        """;

    private const string UpdateSql = """
        update cancels c set
          forced = n.forced, escalation = n.escalation, settled_at = n.settled_at, cancelled = n.cancelled, expired = n.expired,
          finished = n.finished, outcome = n.outcome
        from unnest($1, $2, $3, $4, $5, $6, $7, $8)
          as n(position, forced, escalation, settled_at, cancelled, expired, finished, outcome)
        where c.position = n.position
        """;

    /// <summary>Loads requests by their ids.</summary>
    public static NpgsqlBatchCommand Load(IReadOnlyList<CancelKey> keys) => SqlArray.Command(
        LoadSql,
        [
            SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.AccountId),
            SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.SessionId),
            SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.CancelId),
        ]);

    public static NpgsqlBatchCommand Insert(IReadOnlyList<KeyValuePair<CancelKey, CancelRow>> rows) => SqlArray.Command(
        InsertSql,
        [
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.Position),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.AccountId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.SessionId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.CancelId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<SessionKind>.Of(row.Value.Facts!.Session.Kind)),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Facts!.Session.Name),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Facts!.Session.Project),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<ActorKind>.Of(row.Value.Facts!.Actor.Kind)),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Facts!.Actor.Id),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Facts!.Actor.Name),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<CancelVia>.Of(row.Value.Via)),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<CancelCause>.Of(row.Value.Cause)),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Facts!.Reason),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Value.Facts!.SupersededBy),
            SqlArray.Of(rows, NpgsqlDbType.Jsonb, row => Json(row.Value.Facts!.Origin)),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.RequestedAt),
            SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Targets),
            SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Facts!.Skipped.Count),
            SqlArray.Of(rows, NpgsqlDbType.Jsonb, row => Json(row.Value.Facts!.Skipped)),
            .. Changeable(rows),
        ]);

    public static NpgsqlBatchCommand Update(IReadOnlyList<KeyValuePair<CancelKey, CancelRow>> rows) => SqlArray.Command(
        UpdateSql, [SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.Position), .. Changeable(rows)]);

    /// <summary>Reads <see cref="Columns"/>, which begin at a column.</summary>
    public static CancelRow Read(NpgsqlDataReader row, int first) => new(
        row.GetInt64(first),
        row.GetFieldValue<DateTimeOffset>(first + 1),
        Words<CancelCause>.Read(row.GetString(first + 2)),
        Words<CancelVia>.Read(row.GetString(first + 3)),
        row.GetInt32(first + 4))
    {
        Forced = row.GetBoolean(first + 5),
        Escalation = row.GetStringOrNull(first + 6),
        Cancelled = row.GetInt32(first + 7),
        Expired = row.GetInt32(first + 8),
        Finished = row.GetInt32(first + 9),
        SettledAt = row.GetFieldValue<DateTimeOffset?>(first + 10),
    };

    private static NpgsqlParameter[] Changeable(IReadOnlyList<KeyValuePair<CancelKey, CancelRow>> rows) =>
    [
        SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.Value.Forced),
        SqlArray.Of(rows, NpgsqlDbType.Jsonb, row => row.Value.Escalation),
        SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.SettledAt),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Cancelled),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Expired),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Finished),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<CancelOutcome>.Of(row.Value.Outcome)),
    ];

    private static string? Json<T>(T? value)
        where T : class => value is null ? null : JsonSerializer.Serialize(value, CancelJson.Options);
}

/// <summary>The table <c>cancel_runs</c>, as the projection reads and writes it.</summary>
internal static class CancelRunsTable
{
    private const string LoadSql = $"""
        select r.account_id, r.session_id, r.sequence_id, c.cancel_id, r.ordinal, r.check_id, r.check_type, r.name, r.location,
          r.timeout_seconds, r.started_at, r.forced, r.delivered_at, r.channel, r.acknowledged_at, {CancelsTable.Columns}
        from unnest($1, $2, $3) as k(account_id, session_id, sequence_id)
        join cancel_runs r using (account_id, session_id, sequence_id)
        join cancels c on c.position = r.cancel_position
        where r.settled_at is null
        """;

    private const string InsertSql = """
        insert into cancel_runs (
          cancel_position, ordinal, account_id, session_id, sequence_id, check_id, check_type, name, location, timeout_seconds, started_at,
          forced, delivered_at, channel, acknowledged_at, stopped_at, settled_at, how, exit_code, signal, duration_ms, processes_left,
          state, outcome, freed_ms)
        select * from unnest(
          $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
        """;

    private const string UpdateSql = """
        update cancel_runs r set
          forced = n.forced, delivered_at = n.delivered_at, channel = n.channel, acknowledged_at = n.acknowledged_at,
          stopped_at = n.stopped_at, settled_at = n.settled_at, how = n.how, exit_code = n.exit_code, signal = n.signal,
          duration_ms = n.duration_ms, processes_left = n.processes_left, state = n.state, outcome = n.outcome, freed_ms = n.freed_ms
        from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
          as n(cancel_position, ordinal, forced, delivered_at, channel, acknowledged_at, stopped_at, settled_at, how, exit_code, signal,
            duration_ms, processes_left, state, outcome, freed_ms)
        where r.cancel_position = n.cancel_position and r.ordinal = n.ordinal
        """;

    /// <summary>Loads the open runs among these, each with its request.</summary>
    public static NpgsqlBatchCommand Load(IReadOnlyList<RunKey> keys) => SqlArray.Command(
        LoadSql,
        [
            SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.AccountId),
            SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.SessionId),
            SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.SequenceId),
        ]);

    /// <summary>Puts a loaded row into a fold.</summary>
    public static void Read(NpgsqlDataReader row, CancelFold fold)
    {
        var key = new RunKey(row.GetGuid(0), row.GetGuid(1), row.GetGuid(2));
        var cancelId = row.GetGuid(3);
        var cancel = CancelsTable.Read(row, 15);
        var plan = new TargetedRun(
            row.GetFieldValue<Guid?>(5),
            row.GetString(6),
            row.GetString(7),
            row.GetString(8),
            row.GetFieldValue<int?>(9),
            row.GetFieldValue<DateTimeOffset?>(10));
        fold.Runs.Load(key, new CancelRunRow(cancelId, cancel.Position, row.GetInt32(4), plan)
        {
            Forced = row.GetBoolean(11),
            DeliveredAt = row.GetFieldValue<DateTimeOffset?>(12),
            Channel = row.GetStringOrNull(13) is { } channel ? Words<DeliveryChannel>.Read(channel) : null,
            AcknowledgedAt = row.GetFieldValue<DateTimeOffset?>(14),
        });
        fold.Cancels.Load(new CancelKey(key.AccountId, key.SessionId, cancelId), cancel);
    }

    public static NpgsqlBatchCommand Insert(IReadOnlyList<KeyValuePair<RunKey, CancelRunRow>> rows) => SqlArray.Command(
        InsertSql,
        [
            .. Place(rows),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.AccountId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.SessionId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.SequenceId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Value.Plan.CheckId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Plan.CheckType),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Plan.Name),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Plan.Location),
            SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Plan.TimeoutSeconds),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.Plan.StartedAt),
            .. Changeable(rows),
        ]);

    public static NpgsqlBatchCommand Update(IReadOnlyList<KeyValuePair<RunKey, CancelRunRow>> rows) =>
        SqlArray.Command(UpdateSql, [.. Place(rows), .. Changeable(rows)]);

    private static NpgsqlParameter[] Place(IReadOnlyList<KeyValuePair<RunKey, CancelRunRow>> rows) =>
    [
        SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.CancelPosition),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Ordinal),
    ];

    private static NpgsqlParameter[] Changeable(IReadOnlyList<KeyValuePair<RunKey, CancelRunRow>> rows) =>
    [
        SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.Value.Forced),
        SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.DeliveredAt),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Channel is { } channel ? Words<DeliveryChannel>.Of(channel) : null),
        SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.AcknowledgedAt),
        SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.StoppedAt),
        SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.SettledAt),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Aborted is { How: var how } ? Words<AbortManner>.Of(how) : null),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Aborted?.ExitCode),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Aborted?.Signal),
        SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.Aborted?.DurationMs),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Aborted?.Evidence?.ProcessesLeft),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<RunState>.Of(row.Value.State)),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<CancelRunOutcome>.Of(row.Value.Outcome)),
        SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.FreedMs),
    ];
}

/// <summary>The table <c>cancel_counts</c>, as the projection writes it.</summary>
internal static class CancelCountsTable
{
    private const string AddSql = """
        insert into cancel_counts as c (account_id, grain, start, subject, cause, via, outcome, count)
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (account_id, grain, start, subject, cause, via, outcome) do update set count = c.count + excluded.count
        """;

    /// <summary>Adds to the counts that are there.</summary>
    public static NpgsqlBatchCommand Add(IReadOnlyList<KeyValuePair<CountKey, long>> counts) => SqlArray.Command(
        AddSql,
        [
            SqlArray.Of(counts, NpgsqlDbType.Uuid, count => count.Key.Span.AccountId),
            SqlArray.Of(counts, NpgsqlDbType.Text, count => Words<Grain>.Of(count.Key.Span.Grain)),
            SqlArray.Of(counts, NpgsqlDbType.TimestampTz, count => count.Key.Span.Start),
            SqlArray.Of(counts, NpgsqlDbType.Text, count => Words<CountSubject>.Of(count.Key.Subject)),
            SqlArray.Of(counts, NpgsqlDbType.Text, count => Words<CancelCause>.Of(count.Key.Cause)),
            SqlArray.Of(counts, NpgsqlDbType.Text, count => Words<CancelVia>.Of(count.Key.Via)),
            SqlArray.Of(counts, NpgsqlDbType.Text, count => count.Key.Outcome),
            SqlArray.Of(counts, NpgsqlDbType.Bigint, count => count.Value),
        ]);
}

/// <summary>The table <c>cancel_spans</c>, as the projection reads and writes it.</summary>
internal static class CancelSpansTable
{
    /// <summary>The metrics of a span, in the order in which <see cref="Read"/> reads them.</summary>
    public const string Columns = """
        requested_to_delivered, requested_to_delivered_max, delivered_to_acknowledged, delivered_to_acknowledged_max,
        acknowledged_to_stopped, acknowledged_to_stopped_max, requested_to_settled, requested_to_settled_max,
        freed_ms, freed_runs, unknown_runs
        """;

    private const string LoadSql = $"""
        select account_id, grain, start, {Columns}
        from unnest($1, $2, $3) as k(account_id, grain, start) join cancel_spans s using (account_id, grain, start)
        """;

    private const string UpsertSql = $"""
        insert into cancel_spans (account_id, grain, start, {Columns})
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        on conflict (account_id, grain, start) do update set
          requested_to_delivered = excluded.requested_to_delivered, requested_to_delivered_max = excluded.requested_to_delivered_max,
          delivered_to_acknowledged = excluded.delivered_to_acknowledged,
          delivered_to_acknowledged_max = excluded.delivered_to_acknowledged_max,
          acknowledged_to_stopped = excluded.acknowledged_to_stopped, acknowledged_to_stopped_max = excluded.acknowledged_to_stopped_max,
          requested_to_settled = excluded.requested_to_settled, requested_to_settled_max = excluded.requested_to_settled_max,
          freed_ms = excluded.freed_ms, freed_runs = excluded.freed_runs, unknown_runs = excluded.unknown_runs
        """;

    /// <summary>Adds what is stored of these spans to what is new.</summary>
    public static async Task MergeAsync(
        NpgsqlConnection connection, Dictionary<SpanKey, SpanMetrics> spans, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(LoadSql, connection);
        command.Parameters.AddRange(Keys([.. spans.Keys]));
        await command.PrepareAsync(cancellation);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var key = new SpanKey(reader.GetGuid(0), Words<Grain>.Read(reader.GetString(1)), reader.GetFieldValue<DateTimeOffset>(2));
            spans[key].Add(Read(reader, 3));
        }
    }

    public static NpgsqlBatchCommand Upsert(IReadOnlyList<KeyValuePair<SpanKey, SpanMetrics>> spans) => SqlArray.Command(
        UpsertSql,
        [
            .. Keys([.. spans.Select(span => span.Key)]),
            .. LatencyColumns(spans, span => span.RequestedToDelivered),
            .. LatencyColumns(spans, span => span.DeliveredToAcknowledged),
            .. LatencyColumns(spans, span => span.AcknowledgedToStopped),
            .. LatencyColumns(spans, span => span.RequestedToSettled),
            SqlArray.Of(spans, NpgsqlDbType.Numeric, span => span.Value.FreedMs),
            SqlArray.Of(spans, NpgsqlDbType.Bigint, span => span.Value.FreedRuns),
            SqlArray.Of(spans, NpgsqlDbType.Bigint, span => span.Value.UnknownRuns),
        ]);

    /// <summary>Reads <see cref="Columns"/>, which begin at a column.</summary>
    public static SpanMetrics Read(NpgsqlDataReader row, int first) => new()
    {
        RequestedToDelivered = ReadLatency(row, first),
        DeliveredToAcknowledged = ReadLatency(row, first + 2),
        AcknowledgedToStopped = ReadLatency(row, first + 4),
        RequestedToSettled = ReadLatency(row, first + 6),
        FreedMs = row.GetDecimal(first + 8),
        FreedRuns = row.GetInt64(first + 9),
        UnknownRuns = row.GetInt64(first + 10),
    };

    private static Latency ReadLatency(NpgsqlDataReader row, int first) =>
        new(Histogram.FromBytes(row.GetFieldValue<byte[]>(first)), row.GetFieldValue<long?>(first + 1));

    private static NpgsqlParameter[] LatencyColumns(IReadOnlyList<KeyValuePair<SpanKey, SpanMetrics>> spans, Func<SpanMetrics, Latency> latency) =>
    [
        SqlArray.Of(spans, NpgsqlDbType.Bytea, span => latency(span.Value).Bytes),
        SqlArray.Of(spans, NpgsqlDbType.Bigint, span => latency(span.Value).Max),
    ];

    private static NpgsqlParameter[] Keys(IReadOnlyList<SpanKey> keys) =>
    [
        SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.AccountId),
        SqlArray.Of(keys, NpgsqlDbType.Text, key => Words<Grain>.Of(key.Grain)),
        SqlArray.Of(keys, NpgsqlDbType.TimestampTz, key => key.Start),
    ];
}

/// <summary>The table <c>usual_durations</c>, as the projection reads and writes it.</summary>
internal static class UsualDurationsTable
{
    private const string LoadSql = """
        select account_id, check_id, location, results, total_ms
        from unnest($1, $2, $3) as k(account_id, check_id, location) join usual_durations u using (account_id, check_id, location)
        """;

    private const string AddSql = """
        insert into usual_durations as u (account_id, check_id, location, results, total_ms)
        select * from unnest($1, $2, $3, $4, $5)
        on conflict (account_id, check_id, location) do update set
          results = u.results + excluded.results, total_ms = u.total_ms + excluded.total_ms
        """;

    public static async Task LoadAsync(
        NpgsqlConnection connection, IReadOnlyList<CheckPlace> places, CancelFold fold, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(LoadSql, connection);
        command.Parameters.AddRange(Keys(places));
        await command.PrepareAsync(cancellation);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            fold.Usual.Add(
                new CheckPlace(reader.GetGuid(0), reader.GetGuid(1), reader.GetString(2)),
                new UsualDuration(reader.GetInt64(3), reader.GetDecimal(4)));
        }
    }

    /// <summary>Adds results to what is there.</summary>
    public static NpgsqlBatchCommand Add(IReadOnlyList<KeyValuePair<CheckPlace, UsualDuration>> results) => SqlArray.Command(
        AddSql,
        [
            .. Keys([.. results.Select(result => result.Key)]),
            SqlArray.Of(results, NpgsqlDbType.Bigint, result => result.Value.Results),
            SqlArray.Of(results, NpgsqlDbType.Numeric, result => result.Value.TotalMs),
        ]);

    private static NpgsqlParameter[] Keys(IReadOnlyList<CheckPlace> places) =>
    [
        SqlArray.Of(places, NpgsqlDbType.Uuid, place => place.AccountId),
        SqlArray.Of(places, NpgsqlDbType.Uuid, place => place.CheckId),
        SqlArray.Of(places, NpgsqlDbType.Text, place => place.Location),
    ];
}

/// <summary>
/// Reads what the events before requests to cancel say about their sessions: the trigger and the starts. They are read when they are
/// needed, since most sessions are never cancelled and keeping them for all would cost every run a row.
/// </summary>
internal static class SessionFactsReader
{
    private const string SessionsSql = """
        select k.n, e.data ->> 'kind', e.data ->> 'project', e.data ->> 'name'
        from unnest($1, $2) with ordinality as k(account_id, session_id, n)
        join ledger.mt_events e on e.tenant_id = k.account_id::text and e.stream_id = k.session_id and e.version = 1
        """;

    private const string RunsSql = """
        select k.n, r."sequenceId", r."checkId", r."checkType", r.name, r.location, r."timeoutSeconds"
        from unnest($1, $2) with ordinality as k(account_id, session_id, n)
        join ledger.mt_events e on e.tenant_id = k.account_id::text and e.stream_id = k.session_id and e.version = 1
        cross join lateral jsonb_to_recordset(e.data -> 'runs') as r(
          "sequenceId" uuid, "checkId" uuid, "checkType" text, name text, location text, "timeoutSeconds" int)
        where r."sequenceId" = any($3)
        """;

    private const string StartsSql = """
        select k.n, (e.data ->> 'sequenceId')::uuid, e.data ->> 'at'
        from unnest($1, $2, $3) with ordinality as k(account_id, session_id, position, n)
        join ledger.mt_events e on e.tenant_id = k.account_id::text and e.stream_id = k.session_id and e.seq_id < k.position
        where e.type = 'run_started'
        order by e.seq_id
        """;

    /// <summary>What was before each request, by its position.</summary>
    /// <param name="connection">The projection's.</param>
    /// <param name="requests">The requests, each with the runs that it targets.</param>
    /// <param name="cancellation">Ends the read.</param>
    public static async Task<IReadOnlyDictionary<long, SessionFacts>> ReadAsync(
        NpgsqlConnection connection,
        IReadOnlyList<(long Position, StreamId Stream, IReadOnlyList<Guid> Targets)> requests,
        CancellationToken cancellation)
    {
        var facts = new SessionFacts?[requests.Count];
        var runs = requests.Select(_ => new Dictionary<Guid, TargetedRun>()).ToArray();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                SqlArray.Command(SessionsSql, Streams(requests)),
                SqlArray.Command(
                    RunsSql,
                    [
                        .. Streams(requests),
                        SqlArray.Of(requests.SelectMany(request => request.Targets).Distinct().ToList(), NpgsqlDbType.Uuid, target => target),
                    ]),
                SqlArray.Command(
                    StartsSql, [.. Streams(requests), SqlArray.Of(requests, NpgsqlDbType.Bigint, request => request.Position)]),
            },
        };
        await batch.PrepareAsync(cancellation);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var at = Place(reader);
            facts[at] = new SessionFacts(
                Words<SessionKind>.Read(reader.GetString(1)), reader.GetStringOrNull(2), reader.GetString(3), runs[at]);
        }

        await reader.NextResultAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            runs[Place(reader)][reader.GetGuid(1)] = new TargetedRun(
                reader.GetFieldValue<Guid?>(2),
                reader.GetString(3),
                reader.GetString(4),
                reader.GetString(5),
                reader.GetFieldValue<int?>(6),
                StartedAt: null);
        }

        await reader.NextResultAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var ofRequest = runs[Place(reader)];
            if (ofRequest.TryGetValue(reader.GetGuid(1), out var run))
            {
                ofRequest[reader.GetGuid(1)] = run with { StartedAt = TimeOf(reader.GetString(2)) };
            }
        }

        return requests
            .Select((request, at) => (request.Position, Facts: facts[at]))
            .Where(each => each.Facts is not null)
            .ToDictionary(each => each.Position, each => each.Facts!);
    }

    private static int Place(NpgsqlDataReader row) => (int)row.GetInt64(0) - 1;

    /// <summary>As events hold it; the database would round it where the ledger truncates.</summary>
    private static DateTimeOffset TimeOf(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    private static NpgsqlParameter[] Streams(IReadOnlyList<(long Position, StreamId Stream, IReadOnlyList<Guid> Targets)> requests) =>
    [
        SqlArray.Of(requests, NpgsqlDbType.Uuid, request => request.Stream.AccountId),
        SqlArray.Of(requests, NpgsqlDbType.Uuid, request => request.Stream.SessionId),
    ];
}

/// <summary>How the parts of a request are written that nobody filters by.</summary>
internal static class CancelJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web) { Converters = { new CamelCaseEnumConverter() } };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
