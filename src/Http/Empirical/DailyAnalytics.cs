using System.Globalization;
using System.Text.Json.Serialization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.RateLimits;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.RunDays;

namespace Ledger.Http.Empirical;

/// <summary>How the test runs of a project ended, day by day.</summary>
public static class DailyAnalyticsEndpoint
{
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
        var filter = AnalyticsFilter.Read(request, clock.GetUtcNow());
        await freshness.WaitForHeadAsync(RunDaysReader.ProjectionName, cancellation);
        var query = new RunDaysQuery(caller.AccountId, project.Name, filter.From, filter.Through) { Branch = filter.Branch };
        if (filter.EnvironmentNumber is { } number)
        {
            var environments = await Database.RunAsync(() => runDays.EnvironmentsAsync(query, cancellation));
            query = query with { Environments = [.. environments.Where(slug => StableNumber.Of(slug) == number)] };
        }

        return new(DailyReport.Of(await Database.RunAsync(() => runDays.ReadAsync(query, cancellation))));
    }
}

/// <summary>The query of the daily analytics. A parameter without a value counts as absent.</summary>
/// <param name="From">The first UTC day.</param>
/// <param name="Through">The last one, which is part of it.</param>
/// <param name="EnvironmentNumber">The integer of the environment; null for all.</param>
/// <param name="Branch">The branch; null for all.</param>
public sealed record AnalyticsFilter(DateOnly From, DateOnly Through, int? EnvironmentNumber, string? Branch)
{
    private const int MostDays = 90;
    private const int UsualDays = 30;

    // Two dates may lie further apart than days can say, but not without end.
    private const int LongestRange = 366;

    /// <summary>Reads the query. Dates win over <c>days</c>, which some clients send in any case.</summary>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    public static AnalyticsFilter Read(HttpRequest request, DateTimeOffset now)
    {
        var days = Inputs.Int(request, "days", 1, MostDays, UsualDays);
        var (start, end) = (Day(request, "start_date"), Day(request, "end_date"));
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var (from, through) = (start, end) switch
        {
            (null, null) => (today.AddDays(1 - days), today),
            ({ } first, { } last) when first <= last && last.DayNumber - first.DayNumber < LongestRange => (first, last),
            (not null, not null) => throw RequestRejected.BadRequest(
                $"'start_date' must not be after 'end_date', and they must span at most {LongestRange} days."),
            _ => throw RequestRejected.BadRequest("'start_date' and 'end_date' must be given together."),
        };
        return new AnalyticsFilter(
            from,
            through,
            Has(request, "environment_id") ? Inputs.Int(request, "environment_id", 1, int.MaxValue, 1) : null,
            Has(request, "branch") ? Inputs.Name("branch", request.Query["branch"]) : null);
    }

    private static DateOnly? Day(HttpRequest request, string name)
    {
        var text = request.Query[name].ToString();
        return DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day
            : Inputs.Time(request, name) is { } time ? DateOnly.FromDateTime(time.UtcDateTime) : null;
    }

    private static bool Has(HttpRequest request, string name) => request.Query[name].ToString().Length > 0;
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
