using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Ledger.Projections.CheckResults;
using Ledger.Projections.CheckStatus;
using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Sessions;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.Alerts;

/// <summary>What became of an alert that was decided. The three states after the first are final.</summary>
internal enum AlertState
{
    /// <summary>Decided on a failed try; its run is not settled, and nothing may be sent.</summary>
    Pending,

    /// <summary>Its run was settled by a result that counts: to be sent.</summary>
    Due,

    /// <summary>Its run was settled by a result that raises no alert: a retry passed.</summary>
    Withdrawn,

    /// <summary>Its run was cancelled (docs/domain.md#rule-7).</summary>
    Suppressed,
}

/// <summary>The alert of a run, of which there is at most one.</summary>
/// <param name="Position">The deciding event: the run's first failed try, else what settled the run. Never changes.</param>
/// <param name="DecidedAt">When that was.</param>
/// <param name="Type">What it tells of; settled together with the run.</param>
/// <param name="State">What became of it.</param>
/// <param name="Result">The result that it tells of: the one that settled the run, until then the failed try.</param>
internal sealed record AlertRow(long Position, DateTimeOffset DecidedAt, AlertType Type, AlertState State, ResultFact Result)
{
    /// <summary>The incident of its location; null for none.</summary>
    public Guid? IncidentId { get; init; }

    /// <summary>The event that settled the run; null while it is open.</summary>
    public long? SettledPosition => Result.IsFinal ? Result.Position : null;

    /// <summary>When the run was settled.</summary>
    public DateTimeOffset? SettledAt => Result.IsFinal ? Result.CreatedAt : null;

    /// <summary>Why nothing is sent, in a sentence; null unless it is suppressed.</summary>
    public string? Reason =>
        State is not AlertState.Suppressed ? null
        : Result.Cause is { } cause ? $"The run was cancelled, cause {Words<CancelCause>.Of(cause)}."
        : "The run was cancelled.";

    /// <summary>Decided on a failed try.</summary>
    public static AlertRow Pending(ResultFact attempt, AlertType type) =>
        new(attempt.Position, attempt.CreatedAt, type, AlertState.Pending, attempt);

    /// <summary>What the end of the run makes of it.</summary>
    /// <param name="pending">The alert that was decided before; null for none.</param>
    /// <param name="final">The result that settled the run.</param>
    /// <param name="type">What the alert tells of, now that this is certain.</param>
    /// <param name="state">What becomes of it.</param>
    public static AlertRow Settled(AlertRow? pending, ResultFact final, AlertType type, AlertState state) =>
        new(pending?.Position ?? final.Position, pending?.DecidedAt ?? final.CreatedAt, type, state, final);
}

/// <summary>The table <c>alerts</c>, as the projection reads and writes it.</summary>
internal static class AlertsTable
{
    private const string Columns = """
        position, account_id, check_id, check_name, check_type, location, session_id, sequence_id, alert_type, state, decided_at,
        settled_position, settled_at, outcome, report_id, response_time, started_at, incident_id, reason, cancel_id, cause
        """;

    private const string SelectPendingSql = """
        select a.position, a.decided_at, a.alert_type, a.account_id, a.session_id, a.sequence_id, a.check_id, a.check_type, a.location,
          a.check_name, a.report_id, a.response_time, a.started_at
        from unnest($1, $2, $3) as k(account_id, session_id, sequence_id)
        join alerts a using (account_id, session_id, sequence_id)
        where a.state = 'pending'
        """;

    private const string UpsertSql = $"""
        insert into alerts ({Columns})
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
        on conflict (position) do update set
          alert_type = excluded.alert_type, state = excluded.state, settled_position = excluded.settled_position,
          settled_at = excluded.settled_at, outcome = excluded.outcome, report_id = excluded.report_id,
          response_time = excluded.response_time, started_at = excluded.started_at, incident_id = excluded.incident_id,
          reason = excluded.reason, cancel_id = excluded.cancel_id, cause = excluded.cause
        """;

    public static NpgsqlBatchCommand SelectPending(IReadOnlyList<RunKey> runs) => SqlArray.Command(
        SelectPendingSql,
        [
            SqlArray.Of(runs, NpgsqlDbType.Uuid, run => run.AccountId),
            SqlArray.Of(runs, NpgsqlDbType.Uuid, run => run.SessionId),
            SqlArray.Of(runs, NpgsqlDbType.Uuid, run => run.SequenceId),
        ]);

    public static async Task LoadAsync(NpgsqlDataReader reader, AlertRows rows, CancellationToken cancellation)
    {
        while (await reader.ReadAsync(cancellation))
        {
            var run = new RunKey(reader.GetGuid(3), reader.GetGuid(4), reader.GetGuid(5));
            var attempt = new ResultFact(
                reader.GetInt64(0),
                run,
                reader.GetGuid(6),
                reader.GetString(7),
                reader.GetString(8),
                reader.GetString(9),
                reader.GetFieldValue<DateTimeOffset>(1))
            {
                ReportId = reader.GetFieldValue<Guid?>(10),
                ResponseTime = reader.GetFieldValue<long?>(11),
                StartedAt = reader.GetFieldValue<DateTimeOffset?>(12),
            };
            rows.Alerts.Load(run, AlertRow.Pending(attempt, Words<AlertType>.Read(reader.GetString(2))));
        }
    }

    public static NpgsqlBatchCommand Upsert(IReadOnlyList<AlertRow> rows) => SqlArray.Command(
        UpsertSql,
        [
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Position),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Result.Run.AccountId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Result.CheckId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Result.Name),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Result.CheckType),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Result.Location),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Result.Run.SessionId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Result.Run.SequenceId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<AlertType>.Of(row.Type)),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<AlertState>.Of(row.State)),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.DecidedAt),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.SettledPosition),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.SettledAt),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Result.Outcome is { } outcome ? Words<RunState>.Of(outcome) : null),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Result.ReportId),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Result.ResponseTime),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Result.StartedAt),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.IncidentId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Reason),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Result.CancelId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Result.Cause is { } cause ? Words<CancelCause>.Of(cause) : null),
        ]);
}

/// <summary>One check of one account at one location.</summary>
internal readonly record struct ConditionKey(CheckKey Check, string Location)
{
    /// <summary>The check and the location of a result.</summary>
    public static ConditionKey Of(ResultFact result) => new(CheckKey.Of(result), result.Location);
}

/// <summary>How a check stands at one location.</summary>
/// <param name="Condition">Its condition.</param>
/// <param name="Since">The first run of this condition.</param>
/// <param name="Last">The last run that counts.</param>
/// <param name="IncidentId">The open incident that the location belongs to: from its failure until it passes again.</param>
internal sealed record ConditionRow(CheckCondition Condition, ConditionStart Since, CountedRun Last, Guid? IncidentId)
{
    /// <summary>How it stands after a further run that counts.</summary>
    public static ConditionRow After(ConditionRow? before, ResultFact run, CheckCondition condition, Guid? incidentId) => new(
        condition,
        before?.Condition == condition ? before.Since : new ConditionStart(run.Position, run.CreatedAt),
        CountedRun.Of(run),
        incidentId);
}

/// <summary>Where a condition began.</summary>
/// <param name="Position">The event that settled its first run.</param>
/// <param name="At">When.</param>
internal readonly record struct ConditionStart(long Position, DateTimeOffset At);

/// <summary>A run that counts, as the condition of its check shows it.</summary>
/// <param name="Position">The event that settled it.</param>
/// <param name="SettledAt">When.</param>
/// <param name="Run">The run.</param>
/// <param name="Name">What its session calls it.</param>
/// <param name="CheckType">The check's type.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="ResponseTime">In milliseconds; null when no length is known.</param>
internal sealed record CountedRun(
    long Position, DateTimeOffset SettledAt, RunKey Run, string Name, string CheckType, RunState Outcome, long? ResponseTime)
{
    public static CountedRun Of(ResultFact run) => new(
        run.Position, run.CreatedAt, run.Run, run.Name, run.CheckType, run.Outcome!.Value, run.ResponseTime);
}

/// <summary>The table <c>check_conditions</c>, as the projection reads and writes it.</summary>
internal static class ConditionsTable
{
    private const string Columns = """
        account_id, check_id, location, check_name, check_type, condition, since, since_position, last_position, last_session_id,
        last_sequence_id, last_outcome, last_response_time, last_settled_at, incident_id
        """;

    private const string SelectSql = $"""
        select {Columns} from unnest($1, $2, $3) as k(account_id, check_id, location)
        join check_conditions c using (account_id, check_id, location)
        """;

    private const string UpsertSql = $"""
        insert into check_conditions ({Columns})
        select {Columns} from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) as n({Columns})
        on conflict (account_id, check_id, location) do update set
          check_name = excluded.check_name, check_type = excluded.check_type, condition = excluded.condition, since = excluded.since,
          since_position = excluded.since_position, last_position = excluded.last_position, last_session_id = excluded.last_session_id,
          last_sequence_id = excluded.last_sequence_id, last_outcome = excluded.last_outcome,
          last_response_time = excluded.last_response_time, last_settled_at = excluded.last_settled_at,
          incident_id = excluded.incident_id
        """;

    public static NpgsqlBatchCommand Select(IReadOnlyList<ConditionKey> keys) => SqlArray.Command(
        SelectSql,
        [
            SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.Check.AccountId),
            SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.Check.CheckId),
            SqlArray.Of(keys, NpgsqlDbType.Text, key => key.Location),
        ]);

    public static async Task LoadAsync(NpgsqlDataReader reader, AlertRows rows, CancellationToken cancellation)
    {
        while (await reader.ReadAsync(cancellation))
        {
            var check = new CheckKey(reader.GetGuid(0), reader.GetGuid(1));
            rows.Conditions.Load(
                new ConditionKey(check, reader.GetString(2)),
                new ConditionRow(
                    Words<CheckCondition>.Read(reader.GetString(5)),
                    new ConditionStart(reader.GetInt64(7), reader.GetFieldValue<DateTimeOffset>(6)),
                    new CountedRun(
                        reader.GetInt64(8),
                        reader.GetFieldValue<DateTimeOffset>(13),
                        new RunKey(check.AccountId, reader.GetGuid(9), reader.GetGuid(10)),
                        reader.GetString(3),
                        reader.GetString(4),
                        Words<RunState>.Read(reader.GetString(11)),
                        reader.GetFieldValue<long?>(12)),
                    reader.GetFieldValue<Guid?>(14)));
        }
    }

    public static NpgsqlBatchCommand Upsert(IReadOnlyList<KeyValuePair<ConditionKey, ConditionRow>> rows) => SqlArray.Command(
        UpsertSql,
        [
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.Check.AccountId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.Check.CheckId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Key.Location),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Last.Name),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Last.CheckType),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<CheckCondition>.Of(row.Value.Condition)),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.Since.At),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.Since.Position),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.Last.Position),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Value.Last.Run.SessionId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Value.Last.Run.SequenceId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<RunState>.Of(row.Value.Last.Outcome)),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.Last.ResponseTime),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.Last.SettledAt),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Value.IncidentId),
        ]);
}

/// <summary>A check that fails at one location or several, until each of them has passed again.</summary>
/// <param name="Check">The check.</param>
/// <param name="Name">What the session calls it whose run opened the incident.</param>
/// <param name="OpenedAt">When it was opened.</param>
/// <param name="OpenedPosition">The event that settled the run which opened it.</param>
internal sealed record IncidentRow(CheckKey Check, string Name, DateTimeOffset OpenedAt, long OpenedPosition)
{
    private const int IdLength = 16;

    /// <summary>When it was resolved; null while it is open.</summary>
    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>The event that settled the run which resolved it.</summary>
    public long? ResolvedPosition { get; init; }

    /// <summary>All locations that failed in it.</summary>
    public ImmutableSortedSet<string> Locations { get; init; } = NoLocations;

    /// <summary>Those that have not passed since.</summary>
    public ImmutableSortedSet<string> FailingLocations { get; init; } = NoLocations;

    /// <summary>How many alerts became due in it.</summary>
    public int Alerts { get; init; }

    /// <summary>
    /// Its id: the same at every rebuild, since it is a name-based uuid (RFC 9562, version 8 over SHA-256) of the check and the position
    /// that opened it.
    /// </summary>
    public Guid Id
    {
        get
        {
            Span<byte> name = stackalloc byte[(2 * IdLength) + sizeof(long)];
            Check.AccountId.TryWriteBytes(name, bigEndian: true, out _);
            Check.CheckId.TryWriteBytes(name[IdLength..], bigEndian: true, out _);
            BinaryPrimitives.WriteInt64BigEndian(name[(2 * IdLength)..], OpenedPosition);
            Span<byte> id = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(name, id);
            id[6] = (byte)((id[6] & 0x0f) | 0x80);
            id[8] = (byte)((id[8] & 0x3f) | 0x80);
            return new Guid(id[..IdLength], bigEndian: true);
        }
    }

    private static ImmutableSortedSet<string> NoLocations { get; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>Locations in the order in which rows keep them, which no culture changes.</summary>
    public static ImmutableSortedSet<string> Sorted(IEnumerable<string> locations) => NoLocations.Union(locations);

    /// <summary>The incident that a run opens.</summary>
    public static IncidentRow OpenedBy(ResultFact run) => new(CheckKey.Of(run), run.Name, run.CreatedAt, run.Position);

    /// <summary>A location of it ran again, or failed for the first time.</summary>
    public IncidentRow After(ResultFact run, CheckCondition condition)
    {
        var next = condition switch
        {
            CheckCondition.Failing => this with { Locations = Locations.Add(run.Location), FailingLocations = FailingLocations.Add(run.Location) },
            CheckCondition.Degraded => this,
            CheckCondition.Passing => this with { FailingLocations = FailingLocations.Remove(run.Location) },
            _ => throw new ArgumentOutOfRangeException(nameof(condition), condition, "A condition without a rule."),
        };
        next = next with { Alerts = Alerts + 1 };
        return next.FailingLocations.IsEmpty ? next with { ResolvedAt = run.CreatedAt, ResolvedPosition = run.Position } : next;
    }
}

/// <summary>The table <c>incidents</c>, as the projection reads and writes it.</summary>
internal static class IncidentsTable
{
    private const string SelectOpenSql = """
        select i.account_id, i.check_id, i.check_name, i.opened_at, i.opened_position, i.locations::text, i.failing_locations::text, i.alerts
        from unnest($1, $2) as k(account_id, check_id)
        join incidents i using (account_id, check_id)
        where i.resolved_position is null
        """;

    private const string InsertSql = """
        insert into incidents (incident_id, resolved_at, resolved_position, locations, failing_locations, alerts, account_id, check_id,
          check_name, opened_at, opened_position)
        select incident_id, resolved_at, resolved_position, locations::jsonb, failing_locations::jsonb, alerts, account_id, check_id,
          check_name, opened_at, opened_position
        from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as n(incident_id, resolved_at, resolved_position, locations,
          failing_locations, alerts, account_id, check_id, check_name, opened_at, opened_position)
        """;

    private const string UpdateSql = """
        update incidents i set resolved_at = n.resolved_at, resolved_position = n.resolved_position, locations = n.locations::jsonb,
          failing_locations = n.failing_locations::jsonb, alerts = n.alerts
        from unnest($1, $2, $3, $4, $5, $6) as n(incident_id, resolved_at, resolved_position, locations, failing_locations, alerts)
        where i.incident_id = n.incident_id
        """;

    public static NpgsqlBatchCommand SelectOpen(IReadOnlyList<CheckKey> checks) => SqlArray.Command(
        SelectOpenSql,
        [
            SqlArray.Of(checks, NpgsqlDbType.Uuid, check => check.AccountId),
            SqlArray.Of(checks, NpgsqlDbType.Uuid, check => check.CheckId),
        ]);

    public static async Task LoadAsync(NpgsqlDataReader reader, AlertRows rows, CancellationToken cancellation)
    {
        while (await reader.ReadAsync(cancellation))
        {
            rows.Load(new IncidentRow(
                new CheckKey(reader.GetGuid(0), reader.GetGuid(1)),
                reader.GetString(2),
                reader.GetFieldValue<DateTimeOffset>(3),
                reader.GetInt64(4))
            {
                Locations = ReadLocations(reader.GetString(5)),
                FailingLocations = ReadLocations(reader.GetString(6)),
                Alerts = reader.GetInt32(7),
            });
        }
    }

    public static NpgsqlBatchCommand Insert(IReadOnlyList<IncidentRow> rows) => SqlArray.Command(
        InsertSql,
        [
            .. Changeable(rows),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Check.AccountId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Check.CheckId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Name),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.OpenedAt),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.OpenedPosition),
        ]);

    public static NpgsqlBatchCommand Update(IReadOnlyList<IncidentRow> rows) => SqlArray.Command(UpdateSql, [.. Changeable(rows)]);

    private static IEnumerable<NpgsqlParameter> Changeable(IReadOnlyList<IncidentRow> rows) =>
    [
        SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Id),
        SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.ResolvedAt),
        SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.ResolvedPosition),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => JsonSerializer.Serialize(row.Locations)),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => JsonSerializer.Serialize(row.FailingLocations)),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Alerts),
    ];

    private static ImmutableSortedSet<string> ReadLocations(string json) => IncidentRow.Sorted(JsonSerializer.Deserialize<string[]>(json)!);
}
