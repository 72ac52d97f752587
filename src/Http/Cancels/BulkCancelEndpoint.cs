using Ledger.Http.Access;
using Ledger.Http.RateLimits;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.SessionList;
using Ledger.Store;

namespace Ledger.Http.Cancels;

/// <summary>
/// Cancels many sessions at once (http.md, Cancel). The list is brought up to date first, so that every session that was triggered before
/// the request is found; each is then decided on its own stream like any other cancel.
/// </summary>
public static class BulkCancelEndpoint
{

    public static void MapCancels(this IEndpointRouteBuilder routes) => routes
        .MapPost("/ledger/cancels", CancelAsync)
        .RequireScope(Scope.Command)
        .WithMetadata(RateLimit.Cancel)
        .WithTags("Cancel")
        .WithSummary("Asks to cancel all open sessions that a filter lets through, newest first, at most limit.")
        .Reads<BulkCancelRequest>()
        .Produces<BulkCancelAnswer>(StatusCodes.Status207MultiStatus);

    private static async Task<IResult> CancelAsync(
        HttpContext context, SessionListReader list, Freshness freshness, BulkCancel bulk)
    {
        var request = await Body.ReadRequiredJsonAsync<BulkCancelRequest>(context.Request, NativeJson.Options);
        var query = request.ToQuery(context.Key().AccountId);
        await freshness.WaitAsync(SessionListReader.ProjectionName, context.Request);
        var page = await Database.RunAsync(() => list.ReadAsync(query, context.RequestAborted));
        var streams = page.Sessions.Select(listed => new StreamId(query.AccountId, listed.SessionId)).ToList();
        var items = request.DryRun
            ? await bulk.TryAsync(streams, request, context.Key().Actor, context.RequestAborted)
            : await bulk.CancelAsync(streams, request, context.Key().Actor, context.EventContext());
        var cancelled = items.Count(item => item.Outcome is BulkOutcome.Cancelled);
        return NativeResult.Json(new BulkCancelAnswer(cancelled, items.Count - cancelled, items), StatusCodes.Status207MultiStatus);
    }
}
