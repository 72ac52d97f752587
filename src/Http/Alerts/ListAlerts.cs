using System.Text.Json;
using Ledger.Http.Access;
using Ledger.Http.RateLimits;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.AlertChannels;
using Ledger.Projections.Alerts;
using Ledger.Projections.SessionList;
using Ledger.Sessions;

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
    public static async Task<AlertList> Get(
        HttpRequest request, Caller caller, AlertsReader alerts, Freshness freshness, CancellationToken cancellation)
    {
        var filter = new ListFilter(request, "state", "from", "to");
        var query = new AlertsQuery(caller.AccountId)
        {
            Project = caller.Project,
            Standing = QueryWords<AlertStanding>.One(request, "state"),
            CheckId = filter.CheckId,
            From = Inputs.Time(request, "from"),
            To = Inputs.Time(request, "to"),
            After = filter.After,
            Limit = filter.Limit,
        };
        await freshness.WaitAsync(AlertDeliveryReader.ProjectionName, request);
        if (caller.Project is not null)
        {
            await freshness.WaitAsync(SessionListReader.ProjectionName, request);
        }

        var page = await Database.RunAsync(() => alerts.ListAsync(query, cancellation));
        return new AlertList([.. page.Alerts.Select(AlertView.Of)], page.Next?.ToString());
    }
}

/// <summary>One page of alerts.</summary>
/// <param name="Entries">Newest first.</param>
/// <param name="NextCursor">Where the next page begins; null on the last one.</param>
public sealed record AlertList(IReadOnlyList<AlertView> Entries, string? NextCursor);

/// <summary>An alert: what was decided, and what became of it.</summary>
/// <param name="Id">The position of the event that decided it.</param>
/// <param name="CheckId">The check.</param>
/// <param name="CheckName">What the run's session calls it.</param>
/// <param name="CheckType">The check's type.</param>
/// <param name="Location">Where the run ran.</param>
/// <param name="SessionId">The session of the run.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="Type">What it tells of, in Checkly's words; of a suppressed one, what it would have told of.</param>
/// <param name="State">What became of it.</param>
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
        $"The run was cancelled by {cancel.Actor.Name ?? cancel.Actor.Id} via {Word(cancel.Via)}, cause {Word(cancel.Cause)}.";

    private static string Word<T>(T value) => JsonSerializer.SerializeToElement(value, Json.Options).GetString()!;
}
