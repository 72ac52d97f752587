using Ledger.Projections.Daemon;
using Ledger.Sessions;
using Npgsql;

namespace Ledger.Projections.Alerts;

/// <summary>Answers: which alerts are there, and what became of them?</summary>
/// <param name="dataSource">The database.</param>
public sealed class AlertsReader(NpgsqlDataSource dataSource)
{
    /// <summary>What to wait for before a read that must see a write (<see cref="ProjectionDaemon.WaitForAsync"/>).</summary>
    public const string ProjectionName = "alerts";

    /// <summary>Whether a due alert has not reached all its channels yet, and may still do so.</summary>
    private const string IsUndelivered =
        "exists (select from ledger.alert_deliveries d where d.alert_position = a.position and d.state = 'open')";

    private const string Columns = $"""
        a.position, a.check_id, a.check_name, a.check_type, a.location, a.session_id, a.sequence_id, a.alert_type,
        case when a.state <> 'due' then a.state when {IsUndelivered} then 'pending' else 'sent' end, a.decided_at, a.settled_position,
        a.settled_at, a.outcome, a.response_time, a.started_at, a.incident_id, a.reason, a.cancel_id, a.cause
        """;

    /// <summary>The projection that keeps alerts, conditions and incidents; it needs that of the results beside it.</summary>
    public static Projection CreateProjection() => new AlertsProjection();

    /// <summary>One page of all that was decided.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its range.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<AlertsPage> ListAsync(AlertsQuery query, CancellationToken cancellation = default)
    {
        RejectLimit(query.Limit);
        await using var command = dataSource.CreateCommand();
        var conditions = new SqlConditions(command);
        conditions.Add("a.account_id = {0}", query.AccountId);
        conditions.Add("a.check_id = {0}", query.CheckId);
        conditions.Add("a.decided_at >= {0}", query.From?.ToUniversalTime());
        conditions.Add("a.decided_at < {0}", query.To?.ToUniversalTime());
        conditions.Add(
            "exists (select from ledger.session_list s where s.account_id = a.account_id and s.session_id = a.session_id and s.project = {0})",
            query.Project);
        if (query.Standing is { } standing)
        {
            conditions.Add(ConditionOf(standing));
        }

        if (query.After is { } after)
        {
            conditions.Add($"(a.decided_at, a.position) < ({{0}}, {after.Position})", after.At.ToUniversalTime());
        }

        command.CommandText = $"""
            select {Columns} from ledger.alerts a where {conditions}
            order by a.decided_at desc, a.position desc limit {query.Limit + 1}
            """;
        var found = await ReadAsync(command, cancellation);
        var page = found.Take(query.Limit).ToList();
        return new AlertsPage(page, found.Count > page.Count ? new TimeCursor(page[^1].DecidedAt, page[^1].Position) : null);
    }

    /// <summary>What became due, newest first: never what is pending, withdrawn or suppressed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit or the offset is out of its range.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<ListedAlert>> ListDueAsync(DueAlertsQuery query, CancellationToken cancellation = default)
    {
        RejectLimit(query.Limit);
        ArgumentOutOfRangeException.ThrowIfNegative(query.Offset);
        await using var command = dataSource.CreateCommand();
        var conditions = new SqlConditions(command);
        conditions.Add("a.state = 'due'");
        conditions.Add("a.account_id = {0}", query.AccountId);
        conditions.Add("a.check_id = {0}", query.CheckId);
        conditions.Add(
            "exists (select from ledger.session_list s where s.account_id = a.account_id and s.session_id = a.session_id and s.project = {0})",
            query.Project);
        conditions.Add("a.settled_at >= {0}", query.From.ToUniversalTime());
        conditions.Add("a.settled_at < {0}", query.To?.ToUniversalTime());
        command.CommandText = $"""
            select {Columns} from ledger.alerts a where {conditions}
            order by a.settled_at desc, a.settled_position desc limit {query.Limit} offset {query.Offset}
            """;
        return await ReadAsync(command, cancellation);
    }

    private static string ConditionOf(AlertStanding standing) => standing switch
    {
        AlertStanding.Pending => $"(a.state = 'pending' or (a.state = 'due' and {IsUndelivered}))",
        AlertStanding.Sent => $"a.state = 'due' and not {IsUndelivered}",
        AlertStanding.Withdrawn => "a.state = 'withdrawn'",
        AlertStanding.Suppressed => "a.state = 'suppressed'",
        _ => throw new ArgumentOutOfRangeException(nameof(standing), standing, "A standing without a condition."),
    };

    private static void RejectLimit(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, AlertsQuery.MaximumLimit);
    }

    private static async Task<IReadOnlyList<ListedAlert>> ReadAsync(NpgsqlCommand command, CancellationToken cancellation)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<ListedAlert>();
        while (await reader.ReadAsync(cancellation))
        {
            found.Add(new ListedAlert(
                reader.GetInt64(0),
                reader.GetGuid(1),
                reader.GetString(2),
                reader.GetString(3),
                reader.GetString(4),
                reader.GetGuid(5),
                reader.GetGuid(6),
                Words<AlertType>.Read(reader.GetString(7)),
                Words<AlertStanding>.Read(reader.GetString(8)),
                reader.GetFieldValue<DateTimeOffset>(9))
            {
                SettledPosition = reader.GetFieldValue<long?>(10),
                SettledAt = reader.GetFieldValue<DateTimeOffset?>(11),
                Outcome = reader.GetStringOrNull(12) is { } outcome ? Words<RunState>.Read(outcome) : null,
                ResponseTime = reader.GetFieldValue<long?>(13),
                StartedAt = reader.GetFieldValue<DateTimeOffset?>(14),
                IncidentId = reader.GetFieldValue<Guid?>(15),
                Reason = reader.GetStringOrNull(16),
                CancelId = reader.GetFieldValue<Guid?>(17),
                Cause = reader.GetStringOrNull(18) is { } cause ? Words<CancelCause>.Read(cause) : null,
            });
        }

        return found;
    }
}
