using System.Globalization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.RateLimits;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.SessionList;
using Ledger.Sessions;
using Ledger.Store;

namespace Ledger.Http.Empirical;

/// <summary>
/// Lists the test runs of a project. Which ones and how many there are, and what they look like, is the projection's to say, once it has come to
/// the end of the log.
/// </summary>
public static class ListTestRunsEndpoint
{
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
        HttpRequest request, Caller caller, TestRunList list, CancellationToken cancellation)
    {
        var project = EmpiricalProject.Of(caller, request);
        var filter = TestRunFilter.Read(request);
        var (total, runs) = filter.IsImpossible ? (0, []) : await list.ReadAsync(caller, project, filter, cancellation);
        return new TestRunPage(new TestRunPageData(ListedProject.Of(project), new TestRunItems(runs)), Pagination.Of(filter, total));
    }
}

/// <summary>The test runs that a filter lets through.</summary>
public sealed class TestRunList(SessionListReader list, Freshness freshness, TimeProvider clock)
{
    /// <summary>How many there are, and a page of them, newest first.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<(long Total, IReadOnlyList<TestRun> Runs)> ReadAsync(
        Caller caller, EmpiricalProject project, TestRunFilter filter, CancellationToken cancellation)
    {
        await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, cancellation);
        var query = QueryFor(caller.AccountId, project, filter, clock.GetUtcNow());
        if (filter.EnvironmentNumbers.Count > 0)
        {
            var slugs = await Database.RunAsync(() => list.EnvironmentsAsync(query, cancellation));
            query = query with { Environments = [.. slugs.Where(slug => filter.EnvironmentNumbers.Contains(StableNumber.Of(slug)))] };
            if (query.Environments.Count == 0)
            {
                return (0, []);
            }
        }

        var page = await Database.RunAsync(() => list.ReadCountedAsync(query, cancellation));
        return (page.Total, [.. page.Sessions.Select(TestRun.Of)]);
    }

    private static SessionListQuery QueryFor(Guid accountId, EmpiricalProject project, TestRunFilter filter, DateTimeOffset now) =>
        new(accountId)
        {
            Kind = SessionKind.Run,
            Project = project.Name,
            WithoutProject = project.Name is null,
            AfterNumber = filter.Number - 1,
            BeforeNumber = filter.Number is { } number && number < long.MaxValue ? number + 1 : null,
            Branches = filter.Branch is { } branch ? [branch] : [],
            From = filter.Days is { } days ? now.AddDays(-days) : null,
            Statuses = filter.Statuses,
            RunStates = filter.OpenStates,
            Limit = filter.PerPage,
            Offset = filter.Offset,
        };
}

/// <summary>A page of test runs, newest first.</summary>
public sealed record TestRunPage(TestRunPageData Data, Pagination Pagination);

/// <summary>The project and its runs.</summary>
public sealed record TestRunPageData(ListedProject Project, TestRunItems TestRuns);

/// <summary>The runs of a page.</summary>
public sealed record TestRunItems(IReadOnlyList<TestRun> Items);

/// <summary>The project that a list is of.</summary>
/// <param name="Id">Its integer.</param>
/// <param name="Name">Its name.</param>
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
public sealed record Pagination(
    int Page,
    int PerPage,
    long Total,
    long TotalPages)
{
    public static Pagination Of(TestRunFilter filter, long total) =>
        new(filter.Page, filter.PerPage, total, (total + filter.PerPage - 1) / filter.PerPage);
}

/// <summary>The query of a list of test runs. A parameter without a value counts as absent.</summary>
/// <param name="Page">The page's number, from 1.</param>
/// <param name="PerPage">The longest page.</param>
/// <param name="Number">The one run that is asked for.</param>
/// <param name="Branch">The branch.</param>
/// <param name="Days">Only runs of the last so many days.</param>
/// <param name="State">The state.</param>
/// <param name="Result">The result.</param>
/// <param name="EnvironmentNumbers">The integers of the environments; empty for all.</param>
public sealed record TestRunFilter(
    int Page,
    int PerPage,
    long? Number,
    string? Branch,
    int? Days,
    TestRunState? State,
    TestRunResult? Result,
    IReadOnlyList<int> EnvironmentNumbers)
{
    private const int LastPage = 1_000_000;
    private const int LongestPage = 100;
    private const int MostDays = 36_500;

    /// <summary>How many runs stand on the pages before.</summary>
    public long Offset => (Page - 1L) * PerPage;

    /// <summary>The states of open runs that are asked for; empty when those of settled ones are, or all.</summary>
    public IReadOnlyList<RunState> OpenStates => State is { } state ? TestRunStates.OpenStatesOf(state) : [];

    /// <summary>The statuses of settled sessions that are asked for; empty when those of open ones are, or all.</summary>
    public IReadOnlyList<SessionStatus> Statuses { get; } = (State, Result) switch
    {
        (null, null) => [],
        (null, { } result) => StatusesOf(result),
        ({ } state, null) => TestRunStates.StatusesOf(state),
        ({ } state, { } result) => [.. TestRunStates.StatusesOf(state).Intersect(StatusesOf(result))],
    };

    /// <summary>Whether no run can be meant: no run is ever pending, and none has a result before it has ended.</summary>
    public bool IsImpossible => (State, Result) is not (null, null) && Statuses.Count == 0 && (OpenStates.Count == 0 || Result is not null);

    /// <summary>Reads the query.</summary>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    public static TestRunFilter Read(HttpRequest request) => new(
        Inputs.Int(request, "page", 1, LastPage, 1),
        Inputs.Int(request, "per_page", 1, LongestPage, 20),
        Has(request, "id") ? TestRuns.Number(request.Query["id"].ToString()) ?? long.MaxValue : null,
        Has(request, "branch") ? Inputs.Name("branch", request.Query["branch"]) : null,
        Has(request, "interval_in_days") ? Inputs.Int(request, "interval_in_days", 1, MostDays, MostDays) : null,
        Has(request, "state") ? QueryWords<TestRunState>.One(request, "state") : null,
        Has(request, "result") ? QueryWords<TestRunResult>.One(request, "result") : null,
        [.. QueryArrays.Read(request.Query, "environment_ids").Select(Environment)]);

    private static bool Has(HttpRequest request, string name) => request.Query[name].ToString().Length > 0;

    private static int Environment(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw RequestRejected.BadRequest("'environment_ids' must be the integers of environments.");

    private static IReadOnlyList<SessionStatus> StatusesOf(TestRunResult result) =>
        result is TestRunResult.Passed ? [SessionStatus.Passed, SessionStatus.Degraded] : [SessionStatus.Failed];
}

/// <summary>How a test run came to its own end; one that ended with an error or was cancelled has neither result.</summary>
public enum TestRunResult
{
    /// <summary>All tests passed.</summary>
    Passed,

    /// <summary>A test failed.</summary>
    Failed,
}
