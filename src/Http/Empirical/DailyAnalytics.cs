using Ledger.Projections.RunDays;

namespace Ledger.Http.Empirical;

/// <summary>How the test runs of a project ended, day by day.</summary>
public static class DailyAnalyticsEndpoint
{
    private const int MostDays = 90;
    private const int UsualDays = 30;

    // Two dates may lie further apart than days can say, but not without end.
    private const int LongestRange = 366;

    [WolverineGet("/api/v2/analytics/test-runs"), Authorize(Scopes.Read), CostlyRead, Errors(400, 401, 403, 429), Tags("Empirical"), ProjectHeader]
    [EndpointSummary("Counts the test runs of each UTC day on which one was triggered; cancelled ones beside the others.")]
    [QueryNumber("days", "The last so many days, today among them, 1 to 90; 30 when absent.")]
    [QueryText("start_date", "The first day, ISO 8601, together with end_date; instead of days.")]
    [QueryText("end_date", "The last day, which is part of the range.")]
    [QueryNumber("environment_id", "The environment_id of an environment.")]
    [QueryText("branch", "A branch.")]
    [QueryNumber("project_id", "Must be the project that the request is about.")]
    public static async Task<EmpiricalData<DailyReport>> Get(
        HttpRequest request,
        Caller caller,
        RunDaysReader runDays,
        Freshness freshness,
        TimeProvider clock,
        CancellationToken cancellation)
    {
        var project = EmpiricalProject.Of(caller, request);
        var (from, through) = DaysOf(request, DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime));
        var query = new RunDaysQuery(caller.AccountId, project.Name, from, through) { Branch = request.Name("branch") };
        var environment = request.Int("environment_id", 1, int.MaxValue, 0);
        await freshness.WaitForHeadAsync(RunDaysReader.ProjectionName, cancellation);
        if (environment > 0)
        {
            var environments = await runDays.EnvironmentsAsync(query, cancellation);
            query = query with { Environments = [.. environments.Where(slug => StableNumber.Of(slug) == environment)] };
        }

        return new(DailyReport.Of(await runDays.ReadAsync(query, cancellation)));
    }

    /// <summary>The first and the last UTC day that are asked for. Dates win over <c>days</c>, which some clients send in any case.</summary>
    private static (DateOnly From, DateOnly Through) DaysOf(HttpRequest request, DateOnly today)
    {
        var days = request.Int("days", 1, MostDays, UsualDays);
        return (DayOf(request, "start_date"), DayOf(request, "end_date")) switch
        {
            (null, null) => (today.AddDays(1 - days), today),
            ({ } first, { } last) when first <= last && last.DayNumber - first.DayNumber < LongestRange => (first, last),
            (not null, not null) => throw RequestRejected.BadRequest(
                $"'start_date' must not be after 'end_date', and they must span at most {LongestRange} days."),
            _ => throw RequestRejected.BadRequest("'start_date' and 'end_date' must be given together."),
        };
    }

    private static DateOnly? DayOf(HttpRequest request, string name) =>
        DateOnly.TryParseExact(request.Text(name), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day
            : request.Time(name) is { } time ? DateOnly.FromDateTime(time.UtcDateTime) : null;
}

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
    long RunCount,
    long PassedRuns,
    long FailedRuns,
    long ErrorRuns,
    long CancelledRuns,
    long RerunCount,
    long TotalTests,
    long PassedTests,
    long FailedTests,
    long FailedTestsAfterSnooze,
    long FlakyTests)
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
    long TotalRuns,
    long PassedRuns,
    long FailedRuns,
    long ErrorRuns,
    long PassRate,
    [property: JsonPropertyName("avg_tests_per_run")] long AverageTestsPerRun,
    long RerunCount,
    long RerunRate)
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
