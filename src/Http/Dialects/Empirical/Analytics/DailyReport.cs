using System.Text.Json.Serialization;
using Ledger.Projections.RunDays;

namespace Ledger.Http.Dialects.Empirical.Analytics;

/// <summary>The days in order, and all of them together.</summary>
/// <param name="Daily">One entry for each day that has a settled run; a day without one is left out.</param>
/// <param name="Summary">The sums of the days.</param>
public sealed record DailyReport(IReadOnlyList<ReportedDay> Daily, ReportSummary Summary)
{
    public static DailyReport Of(IReadOnlyList<RunDay> days) => new(
        [.. days.Select(day => ReportedDay.Of(day.Day, day.Counts))],
        ReportSummary.Of(days.Aggregate(new RunDayCounts(), (sum, day) => sum + day.Counts)));
}

/// <summary>The runs that were triggered on one UTC day. Cancelled ones are counted on their own, and their tests not at all.</summary>
public sealed record ReportedDay(
    DateOnly Date,
    [property: JsonPropertyName("run_count")] long RunCount,
    [property: JsonPropertyName("passed_runs")] long PassedRuns,
    [property: JsonPropertyName("failed_runs")] long FailedRuns,
    [property: JsonPropertyName("error_runs")] long ErrorRuns,
    [property: JsonPropertyName("cancelled_runs")] long CancelledRuns,
    [property: JsonPropertyName("rerun_count")] long RerunCount,
    [property: JsonPropertyName("total_tests")] long TotalTests,
    [property: JsonPropertyName("passed_tests")] long PassedTests,
    [property: JsonPropertyName("failed_tests")] long FailedTests,
    [property: JsonPropertyName("failed_tests_after_snooze")] long FailedTestsAfterSnooze,
    [property: JsonPropertyName("flaky_tests")] long FlakyTests)
{
    // The ledger knows no snoozes: nothing is taken off the failed tests.
    public static ReportedDay Of(DateOnly day, RunDayCounts counts) => new(
        day,
        counts.Runs,
        counts.Passed,
        counts.Failed,
        counts.Error,
        counts.Cancelled,
        counts.Reruns,
        counts.TotalTests,
        counts.PassedTests,
        counts.FailedTests,
        counts.FailedTests,
        counts.FlakyTests);
}

/// <summary>All days together; rates are whole percents of the runs that count, 0 when there are none.</summary>
public sealed record ReportSummary(
    [property: JsonPropertyName("total_runs")] long TotalRuns,
    [property: JsonPropertyName("passed_runs")] long PassedRuns,
    [property: JsonPropertyName("failed_runs")] long FailedRuns,
    [property: JsonPropertyName("error_runs")] long ErrorRuns,
    [property: JsonPropertyName("pass_rate")] long PassRate,
    [property: JsonPropertyName("avg_tests_per_run")] long AverageTestsPerRun,
    [property: JsonPropertyName("rerun_count")] long RerunCount,
    [property: JsonPropertyName("rerun_rate")] long RerunRate)
{
    public static ReportSummary Of(RunDayCounts counts) => new(
        counts.Runs,
        counts.Passed,
        counts.Failed,
        counts.Error,
        Rounded(100 * counts.Passed, counts.Runs),
        Rounded(counts.TotalTests, counts.Runs),
        counts.Reruns,
        Rounded(100 * counts.Reruns, counts.Runs));

    /// <summary>The quotient to the nearest whole number, halves up; 0 when there is nothing to divide by.</summary>
    internal static long Rounded(long dividend, long divisor) => divisor == 0 ? 0 : ((2 * dividend) + divisor) / (2 * divisor);
}
