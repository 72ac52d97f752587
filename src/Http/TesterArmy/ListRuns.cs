using System.Globalization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.RateLimits;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.SessionList;
using Ledger.Sessions;

namespace Ledger.Http.TesterArmy;

/// <summary>Lists runs, newest first.</summary>
public static class ListRunsEndpoint
{
    [WolverineGet("/v1/runs"), Authorize(Scopes.Read), CostlyRead, Errors(400, 401, 429, 500, 504), Tags("TesterArmy")]
    [EndpointSummary("Lists runs, newest first.")]
    [QueryNumber("limit", "Runs of a page, 1 to 100; 20 when absent.")]
    [QueryText("status", "queued, running, completed, failed or cancelled; all when absent.")]
    [QueryText("projectId", "A project's uuid.")]
    [QueryText("testId", "A test's uuid.")]
    [QueryText("cursor", "The nextCursor of the page before.")]
    public static async Task<TesterArmyRunList> Get(
        HttpRequest request, Caller caller, SessionListReader list, Freshness freshness, CancellationToken cancellation)
    {
        var query = RunFilter.Read(request, caller);
        await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, cancellation);
        var page = await Database.RunAsync(() => list.ReadAsync(query, cancellation));
        return new TesterArmyRunList([.. page.Sessions.Select(session => TesterArmyRun.Of(session))], page.NextCursor);
    }
}

/// <summary>One page of runs.</summary>
/// <param name="Runs">Newest first.</param>
/// <param name="NextCursor">Where the next page begins; null on the last one.</param>
public sealed record TesterArmyRunList(IReadOnlyList<TesterArmyRun> Runs, string? NextCursor);

/// <summary>What a list of runs asks for.</summary>
public static class RunFilter
{
    private const int DefaultLimit = 20;
    private const int MaximumLimit = 100;

    /// <summary>Reads the parameters.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its pattern, 403 for a project that the caller is not bound to.</exception>
    public static SessionListQuery Read(HttpRequest request, Caller caller)
    {
        var query = request.Query;
        var status = QueryWords<TesterArmyRunStatus>.One(request, "status");
        return new SessionListQuery(caller.AccountId)
        {
            Kind = SessionKind.Run,
            Statuses = status is { } settled ? TesterArmyRunStatuses.SettledStatusesOf(settled) : [],
            RunStates = status is { } open ? TesterArmyRunStatuses.OpenStatesOf(open) : [],
            HasVerdict = status switch
            {
                TesterArmyRunStatus.Completed => true,
                TesterArmyRunStatus.Failed => false,
                _ => null,
            },
            Project = caller.Within(IdOf(query, "projectId")?.ToString()),
            CheckId = IdOf(query, "testId"),
            BeforeNumber = CursorOf(query),
            Limit = LimitOf(query),
        };
    }

    private static Guid? IdOf(IQueryCollection query, string name) =>
        query.ContainsKey(name) ? Inputs.Uuid(name, query[name].ToString()) : null;

    private static int LimitOf(IQueryCollection query)
    {
        if (!query.ContainsKey("limit"))
        {
            return DefaultLimit;
        }

        var text = query["limit"].ToString();
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            && limit is >= 1 and <= MaximumLimit
            && !text.StartsWith('0')
                ? limit
                : throw RequestRejected.BadRequest($"'limit' must be a whole number from 1 to {MaximumLimit}.");
    }

    private static long? CursorOf(IQueryCollection query)
    {
        var cursor = query["cursor"].ToString();
        if (cursor.Length == 0)
        {
            return null;
        }

        return SessionListCursor.TryRead(cursor, out var before)
            ? before
            : throw RequestRejected.BadRequest("'cursor' must be the nextCursor of a list.");
    }
}
