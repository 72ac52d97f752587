using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.Cancellations;
using Microsoft.Net.Http.Headers;

namespace Ledger.Http.Audit;

/// <summary>
/// Who asked to cancel what, when, why, and how did each end? Refused attempts included (docs/http.md#audit-and-reports).
/// </summary>
public static class CancelAuditEndpoints
{
    public static void MapCancelAudit(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/ledger/audit/cancels").RequireScope(Scope.Read).WithTags("Audit");
        group.MapGet("", ListAsync)
            .WithSummary("Lists requests to cancel, newest first; as text/csv or application/x-ndjson all of them, without a limit.")
            .ReadsText("from", "Asked for at or after this ISO 8601 time.")
            .ReadsText("to", "Asked for before this ISO 8601 time.")
            .ReadsText("actor", "The id or the name of who asked.")
            .ReadsTexts("via", "An interface, such as checkly or ledger.")
            .ReadsTexts("cause", "A cause, such as user or superseded.")
            .ReadsTexts("outcome", "An outcome: pending, cancelled, partlyCancelled, finished, expired or refused.")
            .ReadsText("project", "The project of the session.")
            .ReadsNumber("limit", "Entries of a page; an export has no pages.")
            .ReadsText("cursor", "The nextCursor of the page before.")
            .ReadsNumber(Freshness.After, "The Ledger-Position of a write that the list must show.")
            .Produces<CancelAuditPage>()
            .Produces<string>(StatusCodes.Status200OK, CsvExport.ContentType, NdjsonExport.ContentType);
        group.MapGet("{cancelId}", GetAsync)
            .WithSummary("Reads one request to cancel.")
            .ReadsNumber(Freshness.After, "The Ledger-Position of a write that the answer must show.")
            .Produces<CancelEntry>()
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> ListAsync(HttpContext context, CancelsReader cancels, Freshness freshness)
    {
        var query = CancelAuditQuery.Read(context);
        await freshness.WaitAsync(CancelsReader.ProjectionName, context.Request);
        context.Response.Headers.Vary = HeaderNames.Accept;
        switch (AuditFormats.Asked(context.Request))
        {
            case AuditFormat.Csv:
                return new CancelExport(query, cancels, new CsvExport());
            case AuditFormat.Ndjson:
                return new CancelExport(query, cancels, new NdjsonExport());
            default:
                var page = await Database.RunAsync(() => cancels.ListAsync(query, context.RequestAborted));
                return NativeResult.Json(new CancelAuditPage(page.Entries, page.Next?.ToString()));
        }
    }

    private static async Task<IResult> GetAsync(HttpContext context, string cancelId, CancelsReader cancels, Freshness freshness)
    {
        var id = Inputs.Uuid("cancel id", cancelId);
        await freshness.WaitAsync(CancelsReader.ProjectionName, context.Request);
        return await Database.RunAsync(() => cancels.FindAsync(context.Key().AccountId, id, context.RequestAborted)) is { } entry
            ? NativeResult.Json(entry)
            : throw RequestRejected.NotFound("There is no such cancel.");
    }
}

/// <summary>One page of requests to cancel.</summary>
/// <param name="Entries">Newest first.</param>
/// <param name="NextCursor">Where the next page begins; null on the last one.</param>
public sealed record CancelAuditPage(IReadOnlyList<CancelEntry> Entries, string? NextCursor);
