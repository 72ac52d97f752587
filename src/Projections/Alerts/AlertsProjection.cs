using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Projections.CheckResults;
using Ledger.Projections.CheckStatus;
using Ledger.Projections.OpenRuns;

namespace Ledger.Projections.Alerts;

/// <summary>
/// Which alerts are there, how does each check stand at each location, and which incidents are open? One projection of the results, since
/// each of the three decides about the others (<see cref="AlertFold"/>).
/// </summary>
internal sealed class AlertsProjection() : ResultProjection(AlertsReader.ProjectionName)
{
    /// <summary>Only registered checks alert.</summary>
    internal override bool Wants(ResultFact result) => result.HasCheck;

    internal override async Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<ResultFact> results, CancellationToken cancellation)
    {
        var rows = await LoadAsync(connection, results, cancellation);
        foreach (var result in results)
        {
            AlertFold.Apply(result, rows);
        }

        return [.. Save(rows)];
    }

    /// <summary>The stored rows that the results may touch, in one round trip.</summary>
    private static async Task<AlertRows> LoadAsync(
        NpgsqlConnection connection, IReadOnlyList<ResultFact> results, CancellationToken cancellation)
    {
        var rows = new AlertRows();
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(ConditionsTable.Select([.. results.Select(ConditionKey.Of).Distinct()]));
        batch.BatchCommands.Add(AlertsTable.SelectPending([.. results.Select(result => result.Run).Distinct()]));
        batch.BatchCommands.Add(IncidentsTable.SelectOpen([.. results.Select(CheckKey.Of).Distinct()]));
        await batch.PrepareAsync(cancellation);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        rows.Conditions.Load(await reader.ReadAllAsync(ConditionsTable.ReadStored, cancellation));
        rows.Alerts.Load(await reader.ReadAllAsync(AlertsTable.ReadPending, cancellation));
        (await reader.ReadAllAsync(IncidentsTable.Read, cancellation)).ForEach(rows.Load);
        return rows;
    }

    // What is resolved makes room for what is opened: a check has one open incident at any time, but for the middle of a statement.
    private static IEnumerable<NpgsqlBatchCommand> Save(AlertRows rows) =>
    [
        .. Sql.ForAny(rows.Conditions.Added.Concat(rows.Conditions.Changed), ConditionsTable.Table.Upsert),
        .. Sql.ForAny(rows.Alerts.Added.Concat(rows.Alerts.Changed).Select(alert => alert.Value), AlertsTable.Table.Upsert),
        .. Sql.ForAny(rows.Incidents.Changed.Select(incident => incident.Value), IncidentsTable.Table.Update),
        .. Sql.ForAny(rows.Incidents.Added.Select(incident => incident.Value), IncidentsTable.Table.Insert),
    ];
}

/// <summary>The rows that a batch of results touches: conditions, alerts of open runs, open incidents.</summary>
internal sealed class AlertRows
{
    private readonly Dictionary<CheckKey, Guid> open = [];

    public Rows<ConditionKey, LocationCondition> Conditions { get; } = new();

    /// <summary>The alerts of the runs: stored ones that are pending, and all that the batch brings.</summary>
    public Rows<RunKey, AlertRow> Alerts { get; } = new();

    /// <summary>The incidents: stored ones that are open, and all that the batch brings.</summary>
    public Rows<Guid, IncidentRow> Incidents { get; } = new();

    /// <summary>The open incident of a check, or null.</summary>
    public IncidentRow? OpenIncident(CheckKey check) => open.TryGetValue(check, out var id) ? Incidents.Get(id) : null;

    public void Load(IncidentRow incident)
    {
        open[incident.Check] = incident.Id;
        Incidents.Load(incident.Id, incident);
    }

    public void Set(IncidentRow incident)
    {
        Incidents.Set(incident.Id, incident);
        if (incident.ResolvedPosition is null)
        {
            open[incident.Check] = incident.Id;
        }
        else
        {
            open.Remove(incident.Check);
        }
    }
}

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
/// <param name="Type">What it tells of; settled together with the run.</param>
/// <param name="Result">The result that it tells of: the one that settled the run, until then the failed try.</param>
internal sealed record AlertRow(long Position, DateTimeOffset DecidedAt, AlertType Type, AlertState State, ResultFact Result)
{
    /// <summary>The incident of its location; null for none.</summary>
    public Guid? IncidentId { get; init; }

    /// <summary>The event that settled the run; null while it is open.</summary>
    public long? SettledPosition => Result.IsFinal ? Result.Position : null;

    public DateTimeOffset? SettledAt => Result.IsFinal ? Result.CreatedAt : null;

    /// <summary>Why nothing is sent, in a sentence; null unless it is suppressed.</summary>
    public string? Reason =>
        State is not AlertState.Suppressed ? null
        : Result.Cause is { } cause ? $"The run was cancelled, cause {Words<CancelCause>.Of(cause)}."
        : "The run was cancelled.";

    public static AlertRow Pending(ResultFact attempt, AlertType type) =>
        new(attempt.Position, attempt.CreatedAt, type, AlertState.Pending, attempt);

    /// <summary>What the end of a run makes of its alert.</summary>
    /// <param name="pending">The alert that was decided before; null for none.</param>
    /// <param name="type">What the alert tells of, now that this is certain.</param>
    public static AlertRow Settled(AlertRow? pending, ResultFact final, AlertType type, AlertState state) =>
        new(pending?.Position ?? final.Position, pending?.DecidedAt ?? final.CreatedAt, type, state, final);
}

/// <summary>The table <c>alerts</c>, as the projection reads and writes it.</summary>
internal static class AlertsTable
{
    private static readonly Table<RunKey> Runs = new Table<RunKey>("alerts")
        .Key("account_id", run => run.AccountId)
        .Key("session_id", run => run.SessionId)
        .Key("sequence_id", run => run.SequenceId);

    public static readonly Table<AlertRow> Table = new Table<AlertRow>("alerts")
        .Key("position", row => row.Position)
        .Once("account_id", row => row.Result.Run.AccountId)
        .Once("check_id", row => row.Result.CheckId)
        .Once("check_name", row => row.Result.Name)
        .Once("check_type", row => row.Result.CheckType)
        .Once("location", row => row.Result.Location)
        .Once("session_id", row => row.Result.Run.SessionId)
        .Once("sequence_id", row => row.Result.Run.SequenceId)
        .Set("alert_type", row => Words<AlertType>.Of(row.Type))
        .Set("state", row => Words<AlertState>.Of(row.State))
        .Once("decided_at", row => row.DecidedAt)
        .Set("settled_position", row => row.SettledPosition)
        .Set("settled_at", row => row.SettledAt)
        .Set("outcome", row => Words<RunState>.OrNull(row.Result.Outcome))
        .Set("report_id", row => row.Result.ReportId)
        .Set("response_time", row => row.Result.ResponseTime)
        .Set("started_at", row => row.Result.StartedAt)
        .Set("incident_id", row => row.IncidentId)
        .Set("reason", row => row.Reason)
        .Set("cancel_id", row => row.Result.CancelId)
        .Set("cause", row => Words<CancelCause>.OrNull(row.Result.Cause));

    public static NpgsqlBatchCommand SelectPending(IReadOnlyList<RunKey> runs) => Runs.Select(
        runs,
        """
        r.position, account_id, session_id, sequence_id, r.check_id, r.check_type, r.location, r.check_name, r.decided_at, r.report_id,
        r.response_time, r.started_at, r.alert_type
        """,
        "where r.state = 'pending'");

    public static KeyValuePair<RunKey, AlertRow> ReadPending(NpgsqlDataReader row)
    {
        var run = new RunKey(row.GetGuid(1), row.GetGuid(2), row.GetGuid(3));
        var attempt = new ResultFact(
            row.GetInt64(0), run, row.GetGuid(4), row.GetString(5), row.GetString(6), row.GetString(7), row.GetFieldValue<DateTimeOffset>(8))
        {
            ReportId = row.GetFieldValue<Guid?>(9),
            ResponseTime = row.GetFieldValue<long?>(10),
            StartedAt = row.GetFieldValue<DateTimeOffset?>(11),
        };
        return new(run, AlertRow.Pending(attempt, Words<AlertType>.Read(row.GetString(12))));
    }
}

/// <summary>One check of one account at one location.</summary>
internal readonly record struct ConditionKey(CheckKey Check, string Location)
{
    public static ConditionKey Of(ResultFact result) => new(CheckKey.Of(result), result.Location);
}

/// <summary>The table <c>check_conditions</c>, as the projection and readers read and write it.</summary>
internal static class ConditionsTable
{
    /// <summary>In the order in which <see cref="Read"/> reads them.</summary>
    public const string Columns = """
        location, check_name, check_type, condition, since, last_session_id, last_sequence_id, last_outcome, last_response_time, last_settled_at,
        last_position, incident_id, since_position
        """;

    private static readonly Table<ConditionKey> Keys = new Table<ConditionKey>("check_conditions")
        .Key("account_id", key => key.Check.AccountId)
        .Key("check_id", key => key.Check.CheckId)
        .Key("location", key => key.Location);

    public static readonly Table<KeyValuePair<ConditionKey, LocationCondition>> Table = new Table<KeyValuePair<ConditionKey, LocationCondition>>("check_conditions")
        .Keys(Keys, row => row.Key)
        .Set("check_name", row => row.Value.CheckName)
        .Set("check_type", row => row.Value.CheckType)
        .Set("condition", row => Words<CheckCondition>.Of(row.Value.Condition))
        .Set("since", row => row.Value.Since)
        .Set("since_position", row => row.Value.SincePosition)
        .Set("last_position", row => row.Value.LastRun.Position)
        .Set("last_session_id", row => row.Value.LastRun.SessionId)
        .Set("last_sequence_id", row => row.Value.LastRun.SequenceId)
        .Set("last_outcome", row => Words<RunState>.Of(row.Value.LastRun.Outcome))
        .Set("last_response_time", row => row.Value.LastRun.ResponseTime)
        .Set("last_settled_at", row => row.Value.LastRun.SettledAt)
        .Set("incident_id", row => row.Value.IncidentId);

    public static NpgsqlBatchCommand Select(IReadOnlyList<ConditionKey> keys) => Keys.Select(keys, $"{Columns}, account_id, check_id");

    public static KeyValuePair<ConditionKey, LocationCondition> ReadStored(NpgsqlDataReader row) =>
        new(new ConditionKey(new CheckKey(row.GetGuid(13), row.GetGuid(14)), row.GetString(0)), Read(row));

    public static LocationCondition Read(NpgsqlDataReader row) => new(
        row.GetString(0),
        row.GetString(1),
        row.GetString(2),
        Words<CheckCondition>.Read(row.GetString(3)),
        row.GetFieldValue<DateTimeOffset>(4),
        new LastCountedRun(
            row.GetGuid(5),
            row.GetGuid(6),
            Words<RunState>.Read(row.GetString(7)),
            row.GetFieldValue<long?>(8),
            row.GetFieldValue<DateTimeOffset>(9),
            row.GetInt64(10)),
        row.GetFieldValue<Guid?>(11))
    {
        SincePosition = row.GetInt64(12),
    };
}

/// <summary>A check that fails at one location or several, until each of them has passed again.</summary>
/// <param name="Name">What the session calls it whose run opened the incident.</param>
internal sealed record IncidentRow(CheckKey Check, string Name, DateTimeOffset OpenedAt, long OpenedPosition)
{
    private const int IdLength = 16;

    /// <summary>When it was resolved; null while it is open.</summary>
    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>The event that settled the run which resolved it.</summary>
    public long? ResolvedPosition { get; init; }

    public ImmutableSortedSet<string> Locations { get; init; } = NoLocations;

    /// <summary>Those that have not passed since.</summary>
    public ImmutableSortedSet<string> FailingLocations { get; init; } = NoLocations;

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
    private static readonly Table<CheckKey> Checks = new Table<CheckKey>("incidents")
        .Key("account_id", check => check.AccountId)
        .Key("check_id", check => check.CheckId);

    public static readonly Table<IncidentRow> Table = new Table<IncidentRow>("incidents")
        .Key("incident_id", row => row.Id)
        .Set("resolved_at", row => row.ResolvedAt)
        .Set("resolved_position", row => row.ResolvedPosition)
        .Set("locations", row => JsonSerializer.Serialize(row.Locations), "jsonb")
        .Set("failing_locations", row => JsonSerializer.Serialize(row.FailingLocations), "jsonb")
        .Set("alerts", row => row.Alerts)
        .Once("account_id", row => row.Check.AccountId)
        .Once("check_id", row => row.Check.CheckId)
        .Once("check_name", row => row.Name)
        .Once("opened_at", row => row.OpenedAt)
        .Once("opened_position", row => row.OpenedPosition);

    public static NpgsqlBatchCommand SelectOpen(IReadOnlyList<CheckKey> checks) => Checks.Select(
        checks,
        "account_id, check_id, r.check_name, r.opened_at, r.opened_position, r.locations::text, r.failing_locations::text, r.alerts",
        "where r.resolved_position is null");

    public static IncidentRow Read(NpgsqlDataReader row) => new(
        new CheckKey(row.GetGuid(0), row.GetGuid(1)), row.GetString(2), row.GetFieldValue<DateTimeOffset>(3), row.GetInt64(4))
    {
        Locations = ReadLocations(row.GetString(5)),
        FailingLocations = ReadLocations(row.GetString(6)),
        Alerts = row.GetInt32(7),
    };

    private static ImmutableSortedSet<string> ReadLocations(string json) => IncidentRow.Sorted(JsonSerializer.Deserialize<string[]>(json)!);
}

/// <summary>
/// What a result of a check means for alerts, conditions and incidents. Pure. Results come in the order of the events that brought them,
/// and only this order counts.
/// </summary>
internal static class AlertFold
{
    /// <summary>Folds one result; those of runs without a check pass by.</summary>
    public static void Apply(ResultFact result, AlertRows rows)
    {
        if (!result.HasCheck)
        {
            return;
        }

        if (result.Outcome is not { } outcome)
        {
            Decide(result, rows);
        }
        else if (!outcome.MayAlert())
        {
            Suppress(result, rows);
        }
        else
        {
            Settle(result, rows);
        }
    }

    /// <summary>A failed try decides an alert early. Further tries of the run change nothing: there is one alert for it at most.</summary>
    private static void Decide(ResultFact attempt, AlertRows rows)
    {
        if (CheckConditionRules.ConditionOf(attempt) is CheckCondition.Failing && rows.Alerts.Find(attempt.Run) is null)
        {
            var before = rows.Conditions.Find(ConditionKey.Of(attempt));
            rows.Alerts.Set(attempt.Run, AlertRow.Pending(attempt, AlertTypeRules.OfFailure(before?.Condition)));
        }
    }

    /// <summary>
    /// A cancelled run is silent, whatever was decided before (docs/domain.md#rule-7, docs/domain.md#p6): what would have been sent, had it
    /// not passed, is kept as suppressed. Condition and incidents stay as they are, so that failure, cancelled, pass is one recovery
    /// (docs/alerts.md).
    /// </summary>
    private static void Suppress(ResultFact cancelled, AlertRows rows)
    {
        var type = AlertTypeRules.OfFailure(rows.Conditions.Find(ConditionKey.Of(cancelled))?.Condition);
        rows.Alerts.Set(cancelled.Run, AlertRow.Settled(rows.Alerts.Find(cancelled.Run), cancelled, type, AlertState.Suppressed));
    }

    /// <summary>A run that counts: confirms, changes or withdraws what was decided, and moves condition and incident.</summary>
    private static void Settle(ResultFact final, AlertRows rows)
    {
        var key = ConditionKey.Of(final);
        var before = rows.Conditions.Find(key);
        var condition = CheckConditionRules.ConditionOf(final);
        var incident = IncidentAfter(final, condition, before, rows);
        if (incident is not null)
        {
            rows.Set(incident);
        }

        var pending = rows.Alerts.Find(final.Run);
        if (AlertTypeRules.Between(before?.Condition, condition) is { } type)
        {
            rows.Alerts.Set(final.Run, AlertRow.Settled(pending, final, type, AlertState.Due) with { IncidentId = incident?.Id });
        }
        else if (pending is not null)
        {
            rows.Alerts.Set(final.Run, AlertRow.Settled(pending, final, pending.Type, AlertState.Withdrawn));
        }

        rows.Conditions.Set(
            key, LocationCondition.After(before, final, condition, condition is CheckCondition.Passing ? null : incident?.Id));
    }

    /// <summary>
    /// The incident that the run belongs to, as the run leaves it: that of its location; a failure joins the check's open one or opens one.
    /// Null for none.
    /// </summary>
    private static IncidentRow? IncidentAfter(ResultFact final, CheckCondition condition, LocationCondition? before, AlertRows rows)
    {
        var open = rows.OpenIncident(CheckKey.Of(final));
        var incident = condition is CheckCondition.Failing ? open ?? IncidentRow.OpenedBy(final)
            : before?.IncidentId is null ? null
            : open;
        return incident?.After(final, condition);
    }
}

/// <summary>
/// Which change, or which lack of one, an alert tells of; the names are Checkly's. Its <c>NO_ALERT</c>, a check that passed and passes
/// again, is no alert and has no word here; nor has <c>ALERT_SSL</c>, since the ledger looks into no certificate.
/// </summary>
public enum AlertType
{
    /// <summary>It passed, or had never run, and fails.</summary>
    [JsonStringEnumMemberName("ALERT_FAILURE")] Failure,

    /// <summary>It failed and fails still.</summary>
    [JsonStringEnumMemberName("ALERT_FAILURE_REMAIN")] FailureRemain,

    /// <summary>It failed and is degraded.</summary>
    [JsonStringEnumMemberName("ALERT_FAILURE_DEGRADED")] FailureDegraded,

    /// <summary>It failed and passes.</summary>
    [JsonStringEnumMemberName("ALERT_RECOVERY")] Recovery,

    /// <summary>It passed, or had never run, and is degraded.</summary>
    [JsonStringEnumMemberName("ALERT_DEGRADED")] Degraded,

    /// <summary>It was degraded and is so still.</summary>
    [JsonStringEnumMemberName("ALERT_DEGRADED_REMAIN")] DegradedRemain,

    /// <summary>It was degraded and fails.</summary>
    [JsonStringEnumMemberName("ALERT_DEGRADED_FAILURE")] DegradedFailure,

    /// <summary>It was degraded and passes.</summary>
    [JsonStringEnumMemberName("ALERT_DEGRADED_RECOVERY")] DegradedRecovery,
}

internal static class AlertTypeRules
{
    /// <summary>
    /// The alert that a further run raises at its location; null for none. A check that has never run counts as one that passes, so its
    /// first run raises an alert unless it passes.
    /// </summary>
    /// <param name="before">How the check stood there; null when no run counted yet.</param>
    public static AlertType? Between(CheckCondition? before, CheckCondition after) => (before ?? CheckCondition.Passing, after) switch
    {
        (CheckCondition.Passing, CheckCondition.Passing) => null,
        (CheckCondition.Passing, CheckCondition.Degraded) => AlertType.Degraded,
        (CheckCondition.Degraded, CheckCondition.Degraded) => AlertType.DegradedRemain,
        (CheckCondition.Degraded, CheckCondition.Passing) => AlertType.DegradedRecovery,
        (CheckCondition.Failing, CheckCondition.Passing) => AlertType.Recovery,
        (CheckCondition.Failing, CheckCondition.Degraded) => AlertType.FailureDegraded,
        (var stood, CheckCondition.Failing) => OfFailure(stood),
        _ => throw new ArgumentOutOfRangeException(nameof(after), after, "A condition without a rule."),
    };

    /// <summary>The alert that a run raises which fails: there always is one.</summary>
    /// <param name="before">How the check stood at its location; null when no run counted yet.</param>
    public static AlertType OfFailure(CheckCondition? before) => before switch
    {
        null or CheckCondition.Passing => AlertType.Failure,
        CheckCondition.Degraded => AlertType.DegradedFailure,
        CheckCondition.Failing => AlertType.FailureRemain,
        _ => throw new ArgumentOutOfRangeException(nameof(before), before, "A condition without a rule."),
    };
}

/// <summary>How a check stands at one location, by its last run that counts. Of several, the last of these words is the worst.</summary>
public enum CheckCondition
{
    /// <summary>The run passed.</summary>
    Passing,

    /// <summary>It was slower than it should be.</summary>
    Degraded,

    /// <summary>It failed or could not be executed properly; timed out and lost runs included.</summary>
    Failing,
}

internal static class CheckConditionRules
{
    /// <summary>What a result that is not cancelled says of its check.</summary>
    public static CheckCondition ConditionOf(ResultFact result) =>
        result.HasFailures || result.HasErrors ? CheckCondition.Failing
        : result.IsDegraded ? CheckCondition.Degraded
        : CheckCondition.Passing;
}
