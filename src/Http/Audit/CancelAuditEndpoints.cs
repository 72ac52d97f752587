using Ledger.Projections.Cancellations;
using Microsoft.Net.Http.Headers;

namespace Ledger.Http.Audit;

/// <summary>Who asked to cancel what, when, why, and how did each end? Refused attempts included (docs/http.md#audit-and-reports).</summary>
public static class ListCancelsEndpoint
{
    [WolverineGet("/ledger/audit/cancels"), Authorize(Scopes.Read), CostlyRead, Tags("Audit")]
    [EndpointSummary("Lists requests to cancel, newest first; as text/csv or application/x-ndjson all of them, without a limit.")]
    [QueryText("from", "Asked for at or after this ISO 8601 time.")]
    [QueryText("to", "Asked for before this ISO 8601 time.")]
    [QueryText("actor", "The id or the name of who asked.")]
    [QueryText("via", "An interface, such as checkly or ledger.", IsArray = true)]
    [QueryText("cause", "A cause, such as user or superseded.", IsArray = true)]
    [QueryText("outcome", "An outcome: pending, cancelled, partlyCancelled, finished, expired or refused.", IsArray = true)]
    [QueryText("project", "The project of the session.")]
    [QueryNumber("limit", "Entries of a page; an export has no pages.")]
    [QueryText("cursor", "The nextCursor of the page before.")]
    [QueryNumber(Freshness.After, "The Ledger-Position of a write that the list must show.")]
    [ProducesResponseType<Page<CancelEntry>>(200), TextAnswers(CsvExport.ContentType, NdjsonExport.ContentType)]
    public static async Task<IResult> Get(HttpContext context, Caller caller, CancelsReader cancels, Freshness freshness)
    {
        var query = QueryOf(context.Request, caller);
        await freshness.WaitAsync(CancelsReader.ProjectionName, context.Request);
        context.Response.Headers.Vary = HeaderNames.Accept;
        switch (AuditFormats.Asked(context.Request))
        {
            case AuditFormat.Csv:
                return new CancelExport(query, cancels, new CsvExport());
            case AuditFormat.Ndjson:
                return new CancelExport(query, cancels, new NdjsonExport());
            default:
                var page = await cancels.ListAsync(query, context.RequestAborted);
                return TypedResults.Ok(new Page<CancelEntry>(page.Entries, page.Next?.ToString()));
        }
    }

    /// <summary>The requests that a query string asks for. A filter that is unknown is refused: it would silently let all through.</summary>
    internal static CancelsQuery QueryOf(HttpRequest request, Caller caller)
    {
        request.RejectUnknown();
        var (from, to) = request.TimeRange();
        return new CancelsQuery(caller.AccountId)
        {
            From = from,
            To = to,
            Actor = request.Name("actor"),
            Project = caller.Within(request.Name("project")),
            Via = request.Words<CancelVia>("via"),
            Causes = request.Words<CancelCause>("cause"),
            Outcomes = request.Words<CancelOutcome>("outcome"),
            Limit = request.Limit(),
            After = request.CursorInTime(),
        };
    }
}

public static class ReadCancelEndpoint
{
    [WolverineGet("/ledger/audit/cancels/{cancelId}"), Authorize(Scopes.Read), Errors(404), Tags("Audit")]
    [EndpointSummary("Reads one request to cancel.")]
    [QueryNumber(Freshness.After, "The Ledger-Position of a write that the answer must show.")]
    public static async Task<CancelEntry> Get(
        string cancelId, HttpRequest request, Caller caller, CancelsReader cancels, Freshness freshness, CancellationToken cancellation)
    {
        var id = Inputs.Uuid("cancel id", cancelId);
        await freshness.WaitAsync(CancelsReader.ProjectionName, request);
        return await cancels.FindAsync(caller.AccountId, id, cancellation) is { } entry
            && (caller.Project is null || entry.Project == caller.Project)
                ? entry
                : throw RequestRejected.NotFound("There is no such cancel.");
    }
}
