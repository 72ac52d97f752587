namespace Ledger.Http.Stably;

public static class FlakyTestsEndpoint
{
    [WolverineGet("/internal/v1/cli/analytics/flaky"), Authorize(Scopes.Read), CostlyRead, Errors(400, 401, 429), Tags("Stably: command line")]
    [EndpointSummary("The tests of a project that passed only after a failed try, by their rate.")]
    [QueryText("projectId", "The project. Required.")]
    [QueryNumber("days", "Runs created in so many days up to now, 1 to 90; 7 when absent.")]
    [QueryText("branchName", "A branch.")]
    [QueryNumber("limit", "Tests at most, 1 to 100; 10 when absent.")]
    public static async Task<FlakyTests> Get(HttpRequest request, Caller caller, RunHistory history) =>
        FlakyTests.Of(await history.ReadAsync(request, caller));
}

/// <summary>The tests that passed only after a failed try, the flakiest first.</summary>
public sealed record FlakyTests(AnalyticsPeriod Period, AnalyticsFilters Filters, IReadOnlyList<FlakyTest> Tests, FlakySummary Summary)
{
    public static FlakyTests Of(CountedTests counted)
    {
        var flaky = counted.RankedBy(TestCaseStatus.Flaky);
        return new FlakyTests(
            counted.Period,
            counted.Filters,
            [.. flaky.Take(counted.Limit).Select(FlakyTest.Of)],
            new FlakySummary(flaky.Count, counted.Runs));
    }
}

/// <summary>A flaky test.</summary>
/// <param name="TestRef">What identifies it from run to run.</param>
/// <param name="Location">File and line, or null.</param>
/// <param name="FlakyCount">How often it passed only after a failed try.</param>
/// <param name="NonSkippedRuns">How often it was executed.</param>
/// <param name="FlakyRate">The one by the other, from 0 to 1.</param>
/// <param name="LastFlakyAt">When the last such run was over.</param>
public sealed record FlakyTest(
    string TestRef, string Title, string? Location, int FlakyCount, int NonSkippedRuns, double FlakyRate, DateTimeOffset? LastFlakyAt)
{
    public static FlakyTest Of(CountedTest test) => new(
        test.Test.Id, test.Test.Title, test.Test.Location, test.Times, test.Executed, test.Rate, test.Last);
}

/// <summary>All of it in two numbers.</summary>
/// <param name="TotalFlakyTests">Flaky tests, those that are not shown included.</param>
/// <param name="TotalNonSkippedRuns">Runs in which any test was executed.</param>
public sealed record FlakySummary(int TotalFlakyTests, int TotalNonSkippedRuns);

public static class FailingTestsEndpoint
{
    [WolverineGet("/internal/v1/cli/analytics/failures"), Authorize(Scopes.Read), CostlyRead, Errors(400, 401, 429), Tags("Stably: command line")]
    [EndpointSummary("The tests of a project that failed or timed out, by their rate.")]
    [QueryText("projectId", "The project. Required.")]
    [QueryNumber("days", "Runs created in so many days up to now, 1 to 90; 7 when absent.")]
    [QueryText("branchName", "A branch.")]
    [QueryNumber("limit", "Tests at most, 1 to 100; 10 when absent.")]
    public static async Task<FailingTests> Get(HttpRequest request, Caller caller, RunHistory history) =>
        FailingTests.Of(await history.ReadAsync(request, caller));
}

/// <summary>The tests that failed or exceeded their limit, the worst first.</summary>
public sealed record FailingTests(
    AnalyticsPeriod Period, AnalyticsFilters Filters, IReadOnlyList<FailingTest> Tests, FailingSummary Summary)
{
    public static FailingTests Of(CountedTests counted)
    {
        var failing = counted.RankedBy(TestCaseStatus.Failed, TestCaseStatus.TimedOut);
        return new FailingTests(
            counted.Period,
            counted.Filters,
            [.. failing.Take(counted.Limit).Select(FailingTest.Of)],
            new FailingSummary(failing.Count, counted.Runs));
    }
}

/// <summary>A failing test.</summary>
/// <param name="TestRef">What identifies it from run to run.</param>
/// <param name="Location">File and line, or null.</param>
/// <param name="NonSkippedRuns">How often it was executed.</param>
/// <param name="FailureRate">The one by the other, from 0 to 1.</param>
/// <param name="LastFailedAt">When the last such run was over.</param>
public sealed record FailingTest(
    string TestRef, string Title, string? Location, int FailedCount, int NonSkippedRuns, double FailureRate, DateTimeOffset? LastFailedAt)
{
    public static FailingTest Of(CountedTest test) => new(
        test.Test.Id, test.Test.Title, test.Test.Location, test.Times, test.Executed, test.Rate, test.Last);
}

/// <summary>All of it in two numbers.</summary>
/// <param name="TotalFailingTests">Failing tests, those that are not shown included.</param>
/// <param name="TotalNonSkippedRuns">Runs in which any test was executed.</param>
public sealed record FailingSummary(int TotalFailingTests, int TotalNonSkippedRuns);

/// <summary>
/// Counts the tests of a project's latest runs, as the reports tell that settled them; nothing else of a session is read. At most <see cref="MaximumRuns"/> runs are looked at, newest first;
/// the answer says whether that was all of them.
/// </summary>
public sealed class RunHistory(SessionListReader list, Freshness freshness, EventLog log, TimeProvider clock)
{
    /// <summary>The most runs that one answer looks at.</summary>
    public const int MaximumRuns = SessionListQuery.MaximumLimit;

    private const int MaximumDays = 90;
    private const int DefaultDays = 7;
    private const int DefaultLimit = 10;

    /// <summary>Runs that came to a result of their own: a cancelled, lost or timed-out run has no say.</summary>
    private static readonly SessionStatus[] Counted = [SessionStatus.Passed, SessionStatus.Degraded, SessionStatus.Failed];

    /// <summary>What the request asks for, counted.</summary>
    public async Task<CountedTests> ReadAsync(HttpRequest request, Caller caller)
    {
        var cancellation = request.HttpContext.RequestAborted;
        var days = request.Int("days", 1, MaximumDays, DefaultDays);
        var limit = request.Limit(DefaultLimit);
        var branch = request.Text("branchName");
        var projectId = Inputs.Name("projectId", request.Query["projectId"]);
        var query = StablyRuns.OfProject(caller, projectId) with
        {
            Statuses = Counted,
            Branches = branch is null ? [] : [branch],
            From = clock.GetUtcNow().AddDays(-days),
            Limit = MaximumRuns,
        };
        if (!caller.SeesProject(projectId))
        {
            return new CountedTests(new AnalyticsPeriod(days, IsComplete: true), new AnalyticsFilters(branch), limit, 0, []);
        }

        await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, cancellation);
        var page = await list.FindAsync(query, cancellation);
        var executed = new Dictionary<Guid, List<(TestCase, DateTimeOffset)>>();
        await log.ReadFinalReportsAsync(
            caller.AccountId,
            [.. page.Sessions.Select(listed => listed.SessionId)],
            (stream, report) => executed[stream.SessionId] =
            [
                .. TestCase.Of(report.Details)
                    .Where(test => test.Status is not (TestCaseStatus.Skipped or TestCaseStatus.Interrupted))
                    .Select(test => (test, report.At)),
            ],
            cancellation);
        return new CountedTests(
            new AnalyticsPeriod(days, IsComplete: page.NextCursor is null),
            new AnalyticsFilters(branch),
            limit,
            executed.Values.Count(tests => tests.Count > 0),
            [.. page.Sessions.SelectMany(listed => executed.GetValueOrDefault(listed.SessionId, []))]);
    }
}

/// <summary>Which runs were looked at.</summary>
/// <param name="Days">Those of so many days up to now.</param>
/// <param name="IsComplete">False when there are more than <see cref="RunHistory.MaximumRuns"/> and only the latest were looked at.</param>
public sealed record AnalyticsPeriod(int Days, bool IsComplete);

/// <summary>What narrowed them.</summary>
public sealed record AnalyticsFilters(string? Branch);

/// <summary>The tests that some runs have executed. Skipped and interrupted ones are not among them.</summary>
/// <param name="Period">The period that the runs are of.</param>
/// <param name="Filters">What else the runs were chosen by.</param>
/// <param name="Limit">How many tests to show.</param>
/// <param name="Runs">Runs with at least one of these tests.</param>
/// <param name="Executed">Each time that a test was executed, and when its run was settled; the latest run first, so that titles and places are the latest ones.</param>
public sealed record CountedTests(
    AnalyticsPeriod Period, AnalyticsFilters Filters, int Limit, int Runs, IReadOnlyList<(TestCase Test, DateTimeOffset At)> Executed)
{
    /// <summary>Those that ended so, by their rate.</summary>
    public IReadOnlyList<CountedTest> RankedBy(params TestCaseStatus[] ends) =>
    [
        .. Executed
            .GroupBy(each => each.Test.Id, StringComparer.Ordinal)
            .Select(times => new CountedTest(
                times.First().Test, times.Count(), [.. times.Where(each => ends.Contains(each.Test.Status)).Select(each => each.At)]))
            .Where(test => test.Times > 0)
            .OrderByDescending(test => test.Rate)
            .ThenByDescending(test => test.Times)
            .ThenBy(test => test.Test.Id, StringComparer.Ordinal),
    ];
}

/// <summary>One test over several runs.</summary>
/// <param name="Test">The test as it was last.</param>
/// <param name="Executed">How often it was executed.</param>
/// <param name="At">When it ended in the way that is looked for.</param>
public sealed record CountedTest(TestCase Test, int Executed, IReadOnlyList<DateTimeOffset> At)
{
    public int Times => At.Count;

    public DateTimeOffset Last => At.Max();

    /// <summary>A fraction from 0 to 1, to four decimals.</summary>
    public double Rate => Math.Round((double)Times / Executed, 4);
}
