using System.Text.Json.Nodes;
using Ledger.Http.Access;
using Ledger.Http.Dialects.Checkly.Results;
using Ledger.Http.Errors;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections;
using Ledger.Projections.CheckResults;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Dialects.Checkly.CheckResults;

/// <summary>
/// Lists and reads the results of a check (wire.md 3.5). Which there are is the projection's to say, once it has come to the end of the log;
/// what they look like is read from their sessions' streams.
/// </summary>
public static class CheckResultEndpoints
{
    public static void MapCheckResults(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").WithTags("Checkly: check results").WithMetadata(ChecklyRateLimits.CheckResults);
        group.MapGet("/v1/check-results/{checkId}", ListPageAsync).RequireScope(Scope.Read)
            .WithSummary("Lists the results of a check within six hours, newest first. Version 1, deprecated.")
            .ReadsFilter("The last 6 hours when absent; at most 6 hours before 'to'.")
            .ReadsNumber("page", "From 1; 0 is 1.")
            .Produces<IReadOnlyList<CheckResult>>().ProducesErrors(400, 401, 403, 429);
        group.MapGet("/v2/check-results/{checkId}", ListAsync).RequireScope(Scope.Read)
            .WithSummary("Lists the results of a check, newest first. Version 2.")
            .ReadsFilter("Since ever when absent.")
            .ReadsText("nextId", "The nextId of the page before.")
            .ReadsTexts("fields", "The members to write; all when absent.")
            .Produces<CheckResultList<CheckResult>>().ProducesErrors(400, 401, 403, 429);
        group.MapGet("/v1/check-results/{checkId}/{checkResultId}", GetAsync).RequireScope(Scope.Read)
            .WithSummary("Reads one result of a check.")
            .Produces<CheckResult>().ProducesErrors(400, 401, 403, 404, 429);
    }

    private static RouteHandlerBuilder ReadsFilter(this RouteHandlerBuilder route, string from) => route
        .ReadsNumber("limit", "Entries of a page, 1 to 100; 10 when absent.")
        .ReadsText("location", "Where it ran.")
        .ReadsText("checkType", "The type of check.")
        .ReadsText("hasFailures", "true or false; both when absent.")
        .ReadsText("resultType", "FINAL, ATTEMPT or ALL; FINAL when absent.")
        .ReadsNumber("from", $"Created at or after this time, in Unix seconds. {from}")
        .ReadsNumber("to", "Created before this time, in Unix seconds.");

    private static async Task<IResult> ListPageAsync(
        HttpContext context, string checkId, CheckResultsReader results, Freshness freshness, SessionStreams sessions, TimeProvider clock)
    {
        var query = CheckResultFilter.ReadPage(
            context.Request, context.Key().AccountId, Inputs.Uuid(nameof(checkId), checkId), clock.GetUtcNow());
        var (found, _) = await ReadAsync(context, query, results, freshness, sessions);
        return ChecklyResult.Json(found);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, string checkId, CheckResultsReader results, Freshness freshness, SessionStreams sessions)
    {
        var query = CheckResultFilter.ReadAfter(context.Request, context.Key().AccountId, Inputs.Uuid(nameof(checkId), checkId));
        var fields = CheckResultFields.Read(context.Request);
        var (found, next) = await ReadAsync(context, query, results, freshness, sessions);
        return fields is null
            ? ChecklyResult.Json(new CheckResultList<CheckResult>(found.Count, found, next?.ToString()))
            : ChecklyResult.Json(new CheckResultList<JsonObject>(found.Count, [.. found.Select(fields.Of)], next?.ToString()));
    }

    private static async Task<IResult> GetAsync(
        HttpContext context,
        string checkId,
        string checkResultId,
        CheckResultsReader results,
        Freshness freshness,
        SessionStreams sessions)
    {
        var account = context.Key().AccountId;
        var check = Inputs.Uuid(nameof(checkId), checkId);
        var id = Inputs.Uuid(nameof(checkResultId), checkResultId);
        await freshness.WaitForHeadAsync(CheckResultsReader.ProjectionName, context.RequestAborted);
        var listed = await Database.RunAsync(
            () => results.FindAsync(account, check, id, ResultIds.Derived(id), context.RequestAborted));
        return listed is not null && await ShowAsync(account, [listed], sessions, context.RequestAborted) is [var result]
            ? ChecklyResult.Json(result)
            : throw RequestRejected.NotFound("Not Found");
    }

    private static async Task<(IReadOnlyList<CheckResult> Results, TimeCursor? Next)> ReadAsync(
        HttpContext context, CheckResultsQuery query, CheckResultsReader results, Freshness freshness, SessionStreams sessions)
    {
        await freshness.WaitForHeadAsync(CheckResultsReader.ProjectionName, context.RequestAborted);
        var page = await Database.RunAsync(() => results.ListAsync(query, context.RequestAborted));
        return (await ShowAsync(query.AccountId, page.Results, sessions, context.RequestAborted), page.Next);
    }

    private static async Task<IReadOnlyList<CheckResult>> ShowAsync(
        Guid accountId, IReadOnlyList<ListedResult> listed, SessionStreams sessions, CancellationToken cancellation)
    {
        var streams = listed.Select(result => new StreamId(accountId, result.SessionId)).Distinct().ToList();
        var found = (await sessions.ReadManyAsync(streams, cancellation)).ToDictionary(snapshot => snapshot.Session.Id);
        return [.. listed.Where(result => found.ContainsKey(result.SessionId)).Select(result => CheckResult.Of(found[result.SessionId].Session, result))];
    }
}
