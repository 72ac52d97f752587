namespace Ledger.Http.Dialects.Stably.CommandLine.Analytics;

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
/// <param name="Title">What people call it.</param>
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
