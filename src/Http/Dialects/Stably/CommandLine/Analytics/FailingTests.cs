namespace Ledger.Http.Dialects.Stably.CommandLine.Analytics;

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
/// <param name="Title">What people call it.</param>
/// <param name="Location">File and line, or null.</param>
/// <param name="FailedCount">How often it failed.</param>
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
