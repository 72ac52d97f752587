using Ledger.Http.Access;
using Ledger.Http.Dialects.Empirical.Projects;
using Ledger.Http.Dialects.Empirical.TestRuns;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.OpenRuns;
using Ledger.Projections.SessionList;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Dialects.Empirical.Lists;

/// <summary>
/// Lists the test runs of a project (wire.md 6.2). Which ones and how many there are is the projection's to say, once it has come to the
/// end of the log; what they look like is read from their streams.
/// </summary>
public static class ListTestRuns
{
    public static void MapList(this IEndpointRouteBuilder routes) => routes
        .MapGet("/api/test-runs", ListAsync)
        .RequireScope(Scope.Read)
        .WithSummary("Lists the test runs of a project, newest first.")
        .ReadsNumber("page", "From 1; 1 when absent.")
        .ReadsNumber("per_page", "1 to 100; 20 when absent.")
        .ReadsNumber("id", "The one run of this id.")
        .ReadsText("branch", "A branch.")
        .ReadsNumber("interval_in_days", "Runs of the last so many days.")
        .ReadsText("state", "pending, queued, started, cancelling, ended, error or cancelled.")
        .ReadsText("result", "passed or failed.")
        .ReadsTexts("environment_ids", "The environment_id of environments.")
        .ReadsNumber("project_id", "Must be the project that the request is about.")
        .Produces<TestRunPage>()
        .ProducesErrors(400, 401, 403, 429);

    private static async Task<IResult> ListAsync(
        HttpContext context, SessionListReader list, Freshness freshness, SessionStreams sessions, TimeProvider clock)
    {
        var project = context.ProjectOf();
        var filter = TestRunFilter.Read(context.Request);
        var (total, runs) = filter.IsImpossible ? (0, []) : await ReadAsync(context, project, filter, list, freshness, sessions, clock);
        return EmpiricalResult.Json(new TestRunPage(
            new TestRunPageData(ListedProject.Of(project), new TestRunItems(runs)), Pagination.Of(filter, total)));
    }

    private static async Task<(long Total, IReadOnlyList<TestRun> Runs)> ReadAsync(
        HttpContext context,
        EmpiricalProject project,
        TestRunFilter filter,
        SessionListReader list,
        Freshness freshness,
        SessionStreams sessions,
        TimeProvider clock)
    {
        await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, context.RequestAborted);
        if (filter.OpenStates.Count > 0)
        {
            await freshness.WaitForHeadAsync(OpenRunsReader.ProjectionName, context.RequestAborted);
        }

        var query = QueryFor(context.Key().AccountId, project, filter, clock.GetUtcNow());
        if (filter.EnvironmentNumbers.Count > 0)
        {
            var slugs = await Database.RunAsync(() => list.EnvironmentsAsync(query, context.RequestAborted));
            query = query with { Environments = [.. slugs.Where(slug => filter.EnvironmentNumbers.Contains(StableNumber.Of(slug)))] };
            if (query.Environments.Count == 0)
            {
                return (0, []);
            }
        }

        var page = await Database.RunAsync(() => list.ReadCountedAsync(query, context.RequestAborted));
        var found = await sessions.ReadManyAsync(
            [.. page.Sessions.Select(listed => new StreamId(query.AccountId, listed.SessionId))], context.RequestAborted);
        return (page.Total, [.. found.Select(TestRun.Of).Where(run => filter.State is null || run.State == filter.State)]);
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
