namespace Ledger.Projections.Alerts;

/// <summary>Answers: which alerts are there, and what became of them?</summary>
public sealed class AlertsReader(NpgsqlDataSource dataSource)
{
    /// <summary>What to wait for before a read that must see a write (<see cref="ReadModelProgress.WaitForAsync"/>).</summary>
    public const string ProjectionName = "alerts";

    /// <summary>Whether a due alert has not reached all its channels yet, and may still do so.</summary>
    private const string IsUndelivered =
        "exists (select from ledger.alert_deliveries d where d.alert_position = a.position and d.state = 'open')";

    private const string Columns = $"""
        a.position, a.check_id, a.check_name, a.check_type, a.location, a.session_id, a.sequence_id, a.alert_type as type,
        case when a.state <> 'due' then a.state when {IsUndelivered} then 'pending' else 'sent' end as standing, a.decided_at, a.settled_position,
        a.settled_at, a.outcome, a.response_time, a.started_at, a.incident_id, a.reason, a.cancel_id, a.cause,
        c.cancel_id as cancel_cancel_id, c.actor_kind as cancel_actor_kind, c.actor_id as cancel_actor_id, c.actor_name as cancel_actor_name,
        c.via as cancel_via, c.cause as cancel_cause, c.reason as cancel_reason, c.requested_at as cancel_requested_at
        """;

    // Who cancelled the run of a suppressed alert is another model's to say.
    private const string From =
        "ledger.alerts a left join ledger.cancels c on c.account_id = a.account_id and c.cancel_id = a.cancel_id and a.state = 'suppressed'";

    /// <summary>One page of all that was decided.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its range.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<AlertsPage> ListAsync(AlertsQuery query, CancellationToken cancellation = default)
    {
        Sql.RejectBeyond(query.Limit, AlertsQuery.MaximumLimit);
        await using var command = dataSource.CreateCommand();
        var conditions = new SqlConditions(command);
        conditions.Add("a.account_id = {0}", query.AccountId);
        conditions.Add("a.check_id = {0}", query.CheckId);
        conditions.Add("a.decided_at >= {0}", query.From?.ToUniversalTime());
        conditions.Add("a.decided_at < {0}", query.To?.ToUniversalTime());
        conditions.AddProject("a", query.Project);
        if (query.Standing is { } standing)
        {
            conditions.Add(ConditionOf(standing));
        }

        conditions.AddAfter("a.decided_at", "a.position", query.After);
        command.CommandText = $"""
            select {Columns} from {From} where {conditions}
            order by a.decided_at desc, a.position desc limit {query.Limit + 1}
            """;
        var (page, next) = await command.ReadPageAsync(
            query.Limit, (ListedAlert alert) => new TimeCursor(alert.DecidedAt, alert.Position), cancellation);
        return new AlertsPage(page, next);
    }

    /// <summary>What became due, newest first: never what is pending, withdrawn or suppressed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit or the offset is out of its range.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<ListedAlert>> ListDueAsync(DueAlertsQuery query, CancellationToken cancellation = default)
    {
        Sql.RejectBeyond(query.Limit, AlertsQuery.MaximumLimit, query.Offset);
        await using var command = dataSource.CreateCommand();
        var conditions = new SqlConditions(command);
        conditions.Add("a.state = 'due'");
        conditions.Add("a.account_id = {0}", query.AccountId);
        conditions.Add("a.check_id = {0}", query.CheckId);
        conditions.AddProject("a", query.Project);
        conditions.Add("a.settled_at >= {0}", query.From.ToUniversalTime());
        conditions.Add("a.settled_at < {0}", query.To?.ToUniversalTime());
        command.CommandText = $"""
            select {Columns} from {From} where {conditions}
            order by a.settled_at desc, a.settled_position desc limit {query.Limit} offset {query.Offset}
            """;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAllAsync<ListedAlert>(cancellation);
    }

    private static string ConditionOf(AlertStanding standing) => standing switch
    {
        AlertStanding.Pending => $"(a.state = 'pending' or (a.state = 'due' and {IsUndelivered}))",
        AlertStanding.Sent => $"a.state = 'due' and not {IsUndelivered}",
        AlertStanding.Withdrawn => "a.state = 'withdrawn'",
        AlertStanding.Suppressed => "a.state = 'suppressed'",
        _ => throw new ArgumentOutOfRangeException(nameof(standing), standing, "A standing without a condition."),
    };
}

/// <summary>Where an alert stands, as readers are told: what was decided together with what was sent.</summary>
public enum AlertStanding
{
    /// <summary>Decided, and not sent yet: its run is not settled, or a channel has not got it.</summary>
    Pending,

    /// <summary>Sent to every channel that asks for it, of which there may be none.</summary>
    Sent,

    /// <summary>Taken back before it was sent: a retry passed.</summary>
    Withdrawn,

    /// <summary>Never sent, since the run was cancelled.</summary>
    Suppressed,
}

/// <summary>Which alerts of one account to list, newest first by when they were decided. A filter that is null lets all through.</summary>
/// <param name="AccountId">The tenant.</param>
public sealed record AlertsQuery(Guid AccountId)
{
    /// <summary>The longest page.</summary>
    public const int MaximumLimit = 1_000;

    /// <summary>Only those of sessions of this project, which the projection of the session list tells.</summary>
    public string? Project { get; init; }

    /// <summary>Only those that stand so.</summary>
    public AlertStanding? Standing { get; init; }

    /// <summary>Only this check.</summary>
    public Guid? CheckId { get; init; }

    /// <summary>Only alerts decided at or after this time.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Only alerts decided before this time.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Only alerts after this place of the list.</summary>
    public TimeCursor? After { get; init; }

    /// <summary>How many at most, from 1 to <see cref="MaximumLimit"/>.</summary>
    public int Limit { get; init; } = 20;
}

/// <summary>
/// Which alerts that became due to list, newest first by when they did: what a vendor's alert log shows (docs/dialects/checkly.md#alerts).
/// </summary>
/// <param name="AccountId">The tenant.</param>
/// <param name="From">Only alerts that became due at or after this time.</param>
public sealed record DueAlertsQuery(Guid AccountId, DateTimeOffset From)
{
    /// <summary>Only alerts of runs in this project's sessions; those are known once the session list has come as far. Null for all.</summary>
    public string? Project { get; init; }

    /// <summary>Only alerts that became due before this time; null for no end.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Only this check; null for all.</summary>
    public Guid? CheckId { get; init; }

    /// <summary>How many to pass over.</summary>
    public long Offset { get; init; }

    /// <summary>How many at most, from 1 to <see cref="AlertsQuery.MaximumLimit"/>.</summary>
    public int Limit { get; init; } = 10;
}

/// <summary>One page of a list.</summary>
/// <param name="Alerts">Newest first.</param>
/// <param name="Next">Where the next page begins; null when there is none.</param>
public sealed record AlertsPage(IReadOnlyList<ListedAlert> Alerts, TimeCursor? Next);

/// <summary>An alert in a list.</summary>
/// <param name="Position">Its id: the event that decided it.</param>
/// <param name="CheckId">The check.</param>
/// <param name="CheckName">What the run's session calls it.</param>
/// <param name="CheckType">The check's type.</param>
/// <param name="Location">Where the run ran.</param>
/// <param name="SessionId">The session of the run.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="Type">What it tells of; of a suppressed one, what it would have told of.</param>
/// <param name="Standing">What became of it.</param>
/// <param name="DecidedAt">When it was decided.</param>
public sealed record ListedAlert(
    long Position,
    Guid CheckId,
    string CheckName,
    string CheckType,
    string Location,
    Guid SessionId,
    Guid SequenceId,
    AlertType Type,
    AlertStanding Standing,
    DateTimeOffset DecidedAt)
{
    /// <summary>The event that settled the run; null while it is open.</summary>
    public long? SettledPosition { get; init; }

    /// <summary>When the run was settled.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>How the run ended; null while it is open.</summary>
    public RunState? Outcome { get; init; }

    /// <summary>In milliseconds; null for a run that never started.</summary>
    public long? ResponseTime { get; init; }

    /// <summary>When execution began; null for a run that never started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The incident that it belongs to; null for none.</summary>
    public Guid? IncidentId { get; init; }

    /// <summary>Why it was suppressed, in a sentence; null unless it was.</summary>
    public string? Reason { get; init; }

    /// <summary>The cancel that suppressed it.</summary>
    public Guid? CancelId { get; init; }

    /// <summary>Why that was asked for.</summary>
    public CancelCause? Cause { get; init; }

    /// <summary>That cancel, as the model of the cancels knows it; null when it does not.</summary>
    public AlertCancel? Cancel { get; init; }
}

/// <summary>Who cancelled the run of an alert, and why.</summary>
/// <param name="CancelId">The cancel.</param>
/// <param name="Actor">Who asked.</param>
/// <param name="Via">Through which interface.</param>
/// <param name="Cause">Why, as a class.</param>
/// <param name="Reason">Why, in words; null when none was given.</param>
/// <param name="RequestedAt">When.</param>
public sealed record AlertCancel(
    Guid CancelId, Actor Actor, CancelVia Via, CancelCause Cause, string? Reason, DateTimeOffset RequestedAt);
