using System.Globalization;
using Ledger.Http.Errors;
using Ledger.Http.Requests;

namespace Ledger.Http.Dialects.Empirical.Analytics;

/// <summary>The query of the daily analytics (wire.md 6.2). A parameter without a value counts as absent.</summary>
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
