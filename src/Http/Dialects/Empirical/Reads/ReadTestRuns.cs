using Ledger.Http.Access;
using Ledger.Http.Dialects.Empirical.TestRuns;
using Ledger.Http.PlainRuns;
using Ledger.TestCases;

namespace Ledger.Http.Dialects.Empirical.Reads;

/// <summary>Reads one test run: as a whole, its state alone, its test cases alone (wire.md 6.2).</summary>
public static class ReadTestRuns
{
    public static void MapReads(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/test-runs/{id}", GetAsync).RequireScope(Scope.Read)
            .WithSummary("Reads a test run.")
            .Produces<EmpiricalData<TestRunRead>>().ProducesErrors(400, 401, 403, 404, 429);
        routes.MapGet("/api/test-runs/{id}/status", GetStatusAsync).RequireScope(Scope.Read)
            .WithSummary("Reads the state of a test run.")
            .Produces<EmpiricalData<TestRunStatus>>().ProducesErrors(400, 401, 403, 404, 429);
        routes.MapGet("/api/v2/test-runs/{id}/cases", GetCasesAsync).RequireScope(Scope.Read)
            .WithSummary("Reads the test cases of a test run, once the runner has reported them.")
            .Produces<EmpiricalData<IReadOnlyList<CaseDetail>>>().ProducesErrors(400, 401, 403, 404, 429);
    }

    private static async Task<IResult> GetAsync(HttpContext context, string id, PlainRunSessions runs)
    {
        var run = await FindTestRun.ByIdAsync(context, id, runs);
        return EmpiricalResult.Data(new TestRunRead(new TestRunWithCases(
            TestRunDetail.Of(run), [.. TestCase.Of(run.Session.Runs[0]).Select(CaseSummary.Of)])));
    }

    private static async Task<IResult> GetStatusAsync(HttpContext context, string id, PlainRunSessions runs)
    {
        var detail = TestRunDetail.Of(await FindTestRun.ByIdAsync(context, id, runs));
        return EmpiricalResult.Data(new TestRunStatus(detail.RunId, detail.State, detail.TestCaseIds, detail.TotalCount));
    }

    private static async Task<IResult> GetCasesAsync(HttpContext context, string id, PlainRunSessions runs)
    {
        var run = await FindTestRun.ByIdAsync(context, id, runs);
        return EmpiricalResult.Data<IReadOnlyList<CaseDetail>>([.. TestCase.Of(run.Session.Runs[0]).Select(CaseDetail.Of)]);
    }
}
