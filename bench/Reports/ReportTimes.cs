using System.Diagnostics;
using System.Globalization;
using Ledger.Projections.Cancellations;
using Ledger.Projections.Metrics;
using Ledger.Projections.SessionList;
using Ledger.Sessions;
using Npgsql;

namespace Ledger.Bench.Reports;

/// <summary>How long reports and lists take, next to what PostgreSQL itself takes to add up the results that the reports tell of.</summary>
/// <param name="source">The database.</param>
/// <param name="account">Whose reports.</param>
/// <param name="checks">The checks that have results.</param>
/// <param name="to">The end of the reports: in the middle of an hour, as it is when somebody looks.</param>
/// <param name="results">Where the times of reports go.</param>
internal sealed class ReportTimes(NpgsqlDataSource source, Guid account, IReadOnlyList<Guid> checks, DateTimeOffset to, Report results)
{
    private const int Rounds = 20;

    private const string NaiveSql = """
        select check_id, outcome, count(*), avg(response_time), percentile_cont(array[0.5, 0.95, 0.99]) within group (order by response_time)
        from ledger.check_results where account_id = $1 and check_id = any($2) and created_at >= $3 and created_at < $4 group by 1, 2
        """;

    public async Task MeasureChecksAsync()
    {
        var (month, day) = (TimeSpan.FromDays(30), TimeSpan.FromDays(1));
        await PrintAsync("PostgreSQL: one check's results, 30 days", () => AddUpAsync(1, month));
        await PrintAsync("PostgreSQL: all checks' results, 30 days", () => AddUpAsync(checks.Count, month), rounds: 3);
        await PrintAsync("report of one check, 30 days", () => ReadAsync(1, [to - month, to]));
        await PrintAsync("report of one check, each of 30 days", () => ReadAsync(1, Days(TimeZoneInfo.Utc)));
        await PrintAsync("report of one check, each of 30 days in Berlin", () => ReadAsync(1, Days(Zone("Europe/Berlin"))));
        await PrintAsync($"report of {checks.Count} checks, 24 hours", () => ReadAsync(checks.Count, [to - day, to]));
        await PrintAsync($"report of {checks.Count} checks, 30 days", () => ReadAsync(checks.Count, [to - month, to]));
        await PrintAsync($"report of {checks.Count} checks, each of 30 days", () => ReadAsync(checks.Count, Days(TimeZoneInfo.Utc)));
        await PrintAsync($"report of {checks.Count} checks, each of 30 days in Berlin", () => ReadAsync(checks.Count, Days(Zone("Europe/Berlin"))));
        await PrintAsync($"report of {checks.Count} checks, each of 30 days in Kathmandu", () => ReadAsync(checks.Count, Days(Zone("Asia/Kathmandu"))));
    }

    public async Task MeasureListsAsync()
    {
        var cancels = new CancelsReader(source);
        var sessions = new SessionListReader(source);
        await PrintAsync("report on cancellations, 30 days", async () =>
            _ = await new CancellationReportReader(source).ReadAsync(account, to - TimeSpan.FromDays(30), to));
        await PrintAsync("audit: the newest 50 cancels", async () => _ = await cancels.ListAsync(new CancelsQuery(account) { Limit = 50 }));
        await PrintAsync("audit: the newest 50 cancels of one user", async () =>
            _ = await cancels.ListAsync(new CancelsQuery(account) { Actor = "user-7", Limit = 50 }));
        await PrintAsync("the newest 50 sessions that are cancelled", async () =>
            _ = await sessions.ReadAsync(new SessionListQuery(account) { Statuses = [SessionStatus.Cancelled], Limit = 50 }));
        await PrintAsync("the newest 50 sessions of one check", async () =>
            _ = await sessions.ReadAsync(new SessionListQuery(account) { CheckId = checks[0], Limit = 50 }));
    }

    private async Task ReadAsync(int count, IReadOnlyList<DateTimeOffset> bounds)
    {
        var query = new CheckMetricsQuery(account, [.. checks.Take(count)], bounds);
        await foreach (var measured in new CheckMetricsReader(source).ReadAsync(query))
        {
            _ = measured.Metrics.ResponseTimes.Percentile(95);
        }
    }

    private async Task AddUpAsync(int count, TimeSpan range)
    {
        await using var command = source.CreateCommand(NaiveSql);
        command.CommandTimeout = 0;
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = account });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. checks.Take(count)] });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = to - range });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = to });
        await command.ExecuteNonQueryAsync();
    }

    private List<DateTimeOffset> Days(TimeZoneInfo zone)
    {
        var last = TimeZoneInfo.ConvertTime(to, zone).Date;
        return [.. Enumerable.Range(-29, 31).Select(day => last.AddDays(day)).Select(day => new DateTimeOffset(day, zone.GetUtcOffset(day)).ToUniversalTime())];
    }

    private static TimeZoneInfo Zone(string id) => TimeZoneInfo.FindSystemTimeZoneById(id);

    private async Task PrintAsync(string what, Func<Task> ask, int rounds = Rounds)
    {
        // The first one compiles, and brings into memory what the others find there.
        await ask();
        var times = new List<TimeSpan>();
        for (var round = 0; round < rounds; round++)
        {
            var clock = Stopwatch.StartNew();
            await ask();
            times.Add(clock.Elapsed);
        }

        times.Sort();
        if (!what.StartsWith("PostgreSQL", StringComparison.Ordinal))
        {
            results.Add(what, "", "", times.ConvertAll(time => time.TotalMilliseconds), Target.AtMost(50, "ms"));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{what,-56} p50 {times[times.Count / 2].TotalMilliseconds,8:0.0} ms  max {times[^1].TotalMilliseconds,8:0.0} ms"));
    }
}
