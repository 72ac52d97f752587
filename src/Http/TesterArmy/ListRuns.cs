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
        var status = request.Word<TesterArmyRunStatus>("status");
        var query = new SessionListQuery(caller.AccountId)
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
            Project = caller.Within(IdOf(request.Query, "projectId")?.ToString()),
            CheckId = IdOf(request.Query, "testId"),
            BeforeNumber = request.Cursor(),
            Limit = LimitOf(request),
        };
        await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, cancellation);
        var page = await list.ReadAsync(query, cancellation);
        return new TesterArmyRunList([.. page.Sessions.Select(session => TesterArmyRun.Of(session))], page.NextCursor);
    }

    /// <summary>An empty id is as wrong as any other that is no uuid.</summary>
    private static Guid? IdOf(IQueryCollection query, string name) => query.ContainsKey(name) ? Inputs.Uuid(name, query[name].ToString()) : null;

    /// <summary>By the published pattern, which has neither an empty text nor a leading zero.</summary>
    private static int LimitOf(HttpRequest request) => request.Query.ContainsKey("limit") && request.Query["limit"].ToString() is "" or ['0', ..]
        ? throw RequestRejected.BadRequest("'limit' must be a whole number from 1 to 100.")
        : request.Limit();
}

/// <summary>One page of runs.</summary>
/// <param name="Runs">Newest first.</param>
/// <param name="NextCursor">Where the next page begins; null on the last one.</param>
public sealed record TesterArmyRunList(IReadOnlyList<TesterArmyRun> Runs, string? NextCursor);
