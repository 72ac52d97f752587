using Ledger.Projections.Alerts;

namespace Ledger.Http.Alerts;

/// <summary>Which alerts were decided and what became of them, the silent ones included.</summary>
public static class ListAlertsEndpoint
{
    [WolverineGet("/ledger/alerts"), Authorize(Scopes.Read), CostlyRead, Tags("Alerts")]
    [EndpointSummary("Lists alerts, newest first: sent, pending, withdrawn, and suppressed with the reason.")]
    [QueryText("state", "sent, pending, withdrawn or suppressed; all when absent.")]
    [QueryText("checkId", "The check.")]
    [QueryText("from", "Decided at or after this ISO 8601 time.")]
    [QueryText("to", "Decided before this ISO 8601 time.")]
    [QueryNumber("limit", "Entries of a page, 1 to 100; 20 when absent.")]
    [QueryText("cursor", "The nextCursor of the page before.")]
    [QueryNumber(Freshness.After, "The Ledger-Position of a write that the list must show.")]
    public static async Task<Page<AlertView>> Get(
        HttpRequest request, Caller caller, AlertsReader alerts, Freshness freshness, CancellationToken cancellation)
    {
        request.RejectUnknown();
        var query = new AlertsQuery(caller.AccountId)
        {
            Project = caller.Project,
            Standing = request.Word<AlertStanding>("state"),
            CheckId = request.Uuid("checkId"),
            From = request.Time("from"),
            To = request.Time("to"),
            After = request.CursorInTime(),
            Limit = request.Limit(),
        };
        await freshness.WaitAsync(AlertsReader.ProjectionName, request);
        await freshness.WaitAsync(AlertDeliveryReader.ProjectionName, request);
        if (caller.Project is not null)
        {
            await freshness.WaitAsync(SessionListReader.ProjectionName, request);
        }

        var page = await alerts.ListAsync(query, cancellation);
        return new Page<AlertView>([.. page.Alerts.Select(AlertView.Of)], page.Next?.ToString());
    }
}

/// <summary>An alert: what was decided, and what became of it.</summary>
/// <param name="Id">The position of the event that decided it.</param>
/// <param name="CheckName">What the run's session calls it.</param>
/// <param name="Location">Where the run ran.</param>
/// <param name="SessionId">The session of the run.</param>
/// <param name="Type">What it tells of, in Checkly's words; of a suppressed one, what it would have told of.</param>
/// <param name="DecidedAt">When it was decided: a failed try decides it early.</param>
/// <param name="SettledAt">When the run was settled, and with it the alert; null while it is open.</param>
/// <param name="Outcome">How the run ended; null while it is open.</param>
/// <param name="StartedAt">When the run began; null if it never did.</param>
/// <param name="ResponseTime">In milliseconds; null for a run that never started.</param>
/// <param name="IncidentId">The incident that it belongs to; null for none.</param>
/// <param name="Reason">Why nothing was sent, in a sentence; null unless it was suppressed.</param>
/// <param name="Cancel">The cancel that suppressed it.</param>
public sealed record AlertView(
    long Id,
    Guid CheckId,
    string CheckName,
    string CheckType,
    string Location,
    Guid SessionId,
    Guid SequenceId,
    AlertType Type,
    AlertStanding State,
    DateTimeOffset DecidedAt,
    DateTimeOffset? SettledAt,
    RunState? Outcome,
    DateTimeOffset? StartedAt,
    long? ResponseTime,
    Guid? IncidentId,
    string? Reason,
    AlertCancel? Cancel)
{
    public static AlertView Of(ListedAlert alert) => new(
        alert.Position,
        alert.CheckId,
        alert.CheckName,
        alert.CheckType,
        alert.Location,
        alert.SessionId,
        alert.SequenceId,
        alert.Type,
        alert.Standing,
        alert.DecidedAt,
        alert.SettledAt,
        alert.Outcome,
        alert.StartedAt,
        alert.ResponseTime,
        alert.IncidentId,
        alert.Cancel is { } cancel ? ReasonOf(cancel) : alert.Reason,
        alert.Cancel);

    private static string ReasonOf(AlertCancel cancel) =>
        $"The run was cancelled by {cancel.Actor.Name ?? cancel.Actor.Id} via {Words<CancelVia>.Of(cancel.Via)}, cause {Words<CancelCause>.Of(cancel.Cause)}.";
}
