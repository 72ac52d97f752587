using Ledger.Projections.SessionList;
using Ledger.TestCases;

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
        var flaky = counted.RankedBy(test => test.Flaky);
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
        test.Id, test.Title, test.Location, test.Flaky.Times, test.Executed, test.RateOf(test.Flaky), test.Flaky.Last);
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
        var failing = counted.RankedBy(test => test.Failed);
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
        test.Id, test.Title, test.Location, test.Failed.Times, test.Executed, test.RateOf(test.Failed), test.Failed.Last);
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
            return new CountedTests(new AnalyticsPeriod(days, IsComplete: true), new AnalyticsFilters(branch), limit);
        }

        await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, cancellation);
        var page = await list.FindAsync(query, cancellation);
        var counted = new CountedTests(new AnalyticsPeriod(days, IsComplete: page.NextCursor is null), new AnalyticsFilters(branch), limit);
        var tests = new Dictionary<Guid, (IReadOnlyList<TestCase> Tests, DateTimeOffset At)>();
        await log.ReadFinalReportsAsync(
            caller.AccountId,
            [.. page.Sessions.Select(listed => listed.SessionId)],
            (stream, report) => tests[stream.SessionId] = (TestCase.Of(report.Details), report.At),
            cancellation);
        foreach (var listed in page.Sessions.Where(listed => tests.ContainsKey(listed.SessionId)))
        {
            counted.Add(tests[listed.SessionId].Tests, tests[listed.SessionId].At);
        }

        return counted;
    }
}

/// <summary>Which runs were looked at.</summary>
/// <param name="Days">Those of so many days up to now.</param>
/// <param name="IsComplete">False when there are more than <see cref="RunHistory.MaximumRuns"/> and only the latest were looked at.</param>
public sealed record AnalyticsPeriod(int Days, bool IsComplete);

/// <summary>What narrowed them.</summary>
public sealed record AnalyticsFilters(string? Branch);

/// <summary>How often each test of some runs was executed, and how that ended. Skipped and interrupted tests are not counted.</summary>
/// <param name="period">The period that the runs are of.</param>
/// <param name="filters">What else the runs were chosen by.</param>
/// <param name="limit">How many tests to show.</param>
public sealed class CountedTests(AnalyticsPeriod period, AnalyticsFilters filters, int limit)
{
    private readonly Dictionary<string, CountedTest> tests = new(StringComparer.Ordinal);

    public AnalyticsPeriod Period => period;

    public AnalyticsFilters Filters => filters;

    public int Limit => limit;

    /// <summary>Runs with at least one counted test.</summary>
    public int Runs { get; private set; }

    /// <summary>Counts a run that came to a result; the latest run first, so that titles and places are the latest ones.</summary>
    /// <param name="ofRun">The tests of the run.</param>
    /// <param name="settledAt">When it was settled.</param>
    public void Add(IReadOnlyList<TestCase> ofRun, DateTimeOffset settledAt)
    {
        var executed = ofRun.Where(test => test.Status is not (TestCaseStatus.Skipped or TestCaseStatus.Interrupted)).ToList();
        Runs += executed.Count > 0 ? 1 : 0;
        foreach (var test in executed)
        {
            if (!tests.TryGetValue(test.Id, out var counted))
            {
                tests[test.Id] = counted = new CountedTest(test.Id, test.Title, test.Location);
            }

            counted.Count(test.Status, settledAt);
        }
    }

    /// <summary>Those of a kind, by their rate.</summary>
    public IReadOnlyList<CountedTest> RankedBy(Func<CountedTest, Occurrences> kind) =>
    [
        .. tests.Values
            .Where(test => kind(test).Times > 0)
            .OrderByDescending(test => test.RateOf(kind(test)))
            .ThenByDescending(test => kind(test).Times)
            .ThenBy(test => test.Id, StringComparer.Ordinal),
    ];
}

/// <summary>One test over several runs.</summary>
public sealed class CountedTest(string id, string title, string? location)
{
    public string Id => id;

    public string Title => title;

    public string? Location => location;

    /// <summary>How often it was executed.</summary>
    public int Executed { get; private set; }

    /// <summary>How often it passed only after a failed try.</summary>
    public Occurrences Flaky { get; private set; }

    /// <summary>How often it failed or exceeded its limit.</summary>
    public Occurrences Failed { get; private set; }

    public void Count(TestCaseStatus status, DateTimeOffset? at)
    {
        Executed++;
        switch (status)
        {
            case TestCaseStatus.Flaky:
                Flaky = Flaky.And(at);
                break;
            case TestCaseStatus.Failed or TestCaseStatus.TimedOut:
                Failed = Failed.And(at);
                break;
        }
    }

    /// <summary>A fraction from 0 to 1, to four decimals.</summary>
    public double RateOf(Occurrences occurrences) => Math.Round((double)occurrences.Times / Executed, 4);
}

/// <summary>How often something happened, and when last.</summary>
public readonly record struct Occurrences(int Times, DateTimeOffset? Last)
{
    public Occurrences And(DateTimeOffset? at) => new(Times + 1, Last > at ? Last : at);
}
