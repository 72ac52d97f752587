namespace Ledger.Http.Empirical;

/// <summary>
/// Lists the test runs of a project. Which ones and how many there are, and what they look like, is the projection's to say, once it has come to
/// the end of the log.
/// </summary>
public static class ListTestRunsEndpoint
{
    private const int LastPage = 1_000_000;
    private const int LongestPage = 100;
    private const int MostDays = 36_500;

    private static readonly CountedSessionList None = new(0, []);

    [WolverineGet("/api/test-runs"), Authorize(Scopes.Read), CostlyRead, Errors(400, 401, 403, 429), Tags("Empirical"), ProjectHeader]
    [EndpointSummary("Lists the test runs of a project, newest first.")]
    [QueryNumber("page", "From 1; 1 when absent.")]
    [QueryNumber("per_page", "1 to 100; 20 when absent.")]
    [QueryNumber("id", "The one run of this id.")]
    [QueryText("branch", "A branch.")]
    [QueryNumber("interval_in_days", "Runs of the last so many days.")]
    [QueryText("state", "pending, queued, started, cancelling, ended, error or cancelled.")]
    [QueryText("result", "passed or failed.")]
    [QueryText("environment_ids", "The environment_id of environments.", IsArray = true)]
    [QueryNumber("project_id", "Must be the project that the request is about.")]
    public static async Task<TestRunPage> Get(
        HttpRequest request, Caller caller, SessionListReader list, Freshness freshness, TimeProvider clock, CancellationToken cancellation)
    {
        var project = EmpiricalProject.Of(caller, request);
        var page = request.Int("page", 1, LastPage, 1);
        var perPage = request.Int("per_page", 1, LongestPage, 20);
        var environments = QueryArrays.Read(request.Query, "environment_ids").Select(NumberOf).ToHashSet();
        var query = QueryOf(request, project, new SessionListQuery(caller.AccountId) { Limit = perPage, Offset = (page - 1L) * perPage }, clock);
        var found = query is null ? None : await ReadAsync(query);
        return new TestRunPage(
            new TestRunPageData(ListedProject.Of(project), new TestRunItems([.. found.Sessions.Select(TestRun.Of)])),
            new Pagination(page, perPage, found.Total, (found.Total + perPage - 1) / perPage));

        async Task<CountedSessionList> ReadAsync(SessionListQuery query)
        {
            await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, cancellation);
            if (environments.Count > 0)
            {
                var slugs = await list.EnvironmentsAsync(query, cancellation);
                query = query with { Environments = [.. slugs.Where(slug => environments.Contains(StableNumber.Of(slug)))] };
            }

            return environments.Count > 0 && query.Environments.Count == 0
                ? None
                : await list.ReadCountedAsync(query, cancellation);
        }
    }

    /// <summary>The sessions that are asked for; null when none can be: no run is ever pending, and none has a result before it has ended.</summary>
    private static SessionListQuery? QueryOf(HttpRequest request, EmpiricalProject project, SessionListQuery page, TimeProvider clock)
    {
        var number = request.Text("id") is { } id ? TestRuns.Number(id) ?? long.MaxValue : (long?)null;
        var state = request.Text("state") is null ? null : request.Word<TestRunState>("state");
        var result = request.Text("result") is null ? null : request.Word<TestRunResult>("result");
        var open = state is { } wanted && result is null ? TestRunStates.OpenStatesOf(wanted) : [];
        var ended = (state, result) switch
        {
            (null, null) => [],
            (null, { } how) => StatusesOf(how),
            ({ } where, null) => TestRunStates.StatusesOf(where),
            ({ } where, { } how) => [.. TestRunStates.StatusesOf(where).Intersect(StatusesOf(how))],
        };
        var query = page with
        {
            Kind = SessionKind.Run,
            Project = project.Name,
            WithoutProject = project.Name is null,
            AfterNumber = number - 1,
            BeforeNumber = number < long.MaxValue ? number + 1 : null,
            Branches = request.Name("branch") is { } branch ? [branch] : [],
            From = request.Text("interval_in_days") is null ? null : clock.GetUtcNow().AddDays(-request.Int("interval_in_days", 1, MostDays, MostDays)),
            Statuses = ended,
            RunStates = open,
        };
        return (state, result) is not (null, null) && ended.Count + open.Count == 0 ? null : query;
    }

    private static int NumberOf(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw RequestRejected.BadRequest("'environment_ids' must be the integers of environments.");

    private static IReadOnlyList<SessionStatus> StatusesOf(TestRunResult result) =>
        result is TestRunResult.Passed ? [SessionStatus.Passed, SessionStatus.Degraded] : [SessionStatus.Failed];
}

/// <summary>A page of test runs, newest first.</summary>
public sealed record TestRunPage(TestRunPageData Data, Pagination Pagination);

public sealed record TestRunPageData(ListedProject Project, TestRunItems TestRuns);

public sealed record TestRunItems(IReadOnlyList<TestRun> Items);

/// <summary>The project that a list is of.</summary>
/// <param name="Slug">Its name once more: the ledger knows no other.</param>
/// <param name="RepoName">Always null: the ledger knows no repositories.</param>
public sealed record ListedProject(int Id, string Name, string Slug, string? RepoName)
{
    public static ListedProject Of(EmpiricalProject project) => new(project.Number, project.ShownName, project.ShownName, null);
}

/// <summary>Where a page stands.</summary>
/// <param name="Page">Its number, from 1.</param>
/// <param name="PerPage">The longest page.</param>
/// <param name="Total">All runs that the filters let through.</param>
/// <param name="TotalPages">All pages; 0 when there are no runs.</param>
public sealed record Pagination(int Page, int PerPage, long Total, long TotalPages);

/// <summary>How a test run came to its own end; one that ended with an error or was cancelled has neither result.</summary>
public enum TestRunResult
{
    Passed,
    Failed,
}
