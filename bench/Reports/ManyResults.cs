using System.Diagnostics;
using Ledger.Bench.CatchUp;
using Ledger.Projections;
using Ledger.Projections.CheckResults;
using Ledger.Projections.Metrics;
using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Bench.Reports;

/// <summary>Results of 100 checks at two locations, spread evenly over 30 days, as events that nothing else surrounds: they say all that reports ask.</summary>
internal static class ManyResults
{
    private const int CheckCount = 100;

    private static readonly IReadOnlyList<Guid> Checks = [.. Enumerable.Range(1, CheckCount).Select(number => new Guid(number, 1, 0, new byte[8]))];

    /// <summary>Writes so many, has results and metrics catch up, and measures reports.</summary>
    public static async Task RunAsync(Setup setup)
    {
        var (database, count) = (setup.Database, setup.Scale.Results);
        var tables = await ReadModels.MakeTablesAsync(database.Source);
        var (account, from) = (Guid.CreateVersion7(), new DateTimeOffset(2026, 1, 5, 8, 30, 0, TimeSpan.Zero));
        var clock = Stopwatch.StartNew();
        await EventImport.RunAsync(database.Source, account, Events(from, count));
        Console.WriteLine($"{count} results written in {clock.Elapsed.TotalSeconds:0} s");
        var asked = LedgerProjections.Models.Where(model => model.Name is CheckResultsReader.ProjectionName or CheckMetricsReader.ProjectionName);
        await using (var models = await ReadModels.FromTheStartAsync(database.Source, tables, [.. asked]))
        {
            Console.WriteLine($"their rows and metrics in {(await models.CatchUpAsync(count)).TotalSeconds:0} s");
        }

        await using var vacuum = database.Source.CreateCommand("vacuum analyze ledger.check_results");
        vacuum.CommandTimeout = 0;
        await vacuum.ExecuteNonQueryAsync();
        await new ReportTimes(database.Source, account, Checks, from.AddDays(30), setup.Report).MeasureChecksAsync();
    }

    /// <summary>The results of a check are one stream.</summary>
    private static IEnumerable<(Guid Session, long Version, ISessionEvent Data)> Events(DateTimeOffset from, int count)
    {
        var pace = TimeSpan.FromDays(30) / count;
        for (var number = 0; number < count; number++)
        {
            yield return (Checks[number % CheckCount], 1 + (number / CheckCount), Result(number, from + (pace * number)));
        }
    }

    private static ResultReported Result(int number, DateTimeOffset at)
    {
        var luck = number * 48_271L % int.MaxValue % 1_000;
        var id = new Guid(number, 2, 0, new byte[8]);
        var isCancelled = luck is >= 980 and < 995;
        var facts = new RunFacts(
            SessionKind.Check,
            null,
            Checks[number % CheckCount],
            CheckTypes.Playwright,
            $"Suite {number % CheckCount}",
            number / CheckCount % 2 == 0 ? "eu-central-1" : "us-east-1",
            at,
            isCancelled ? id : null,
            isCancelled ? CancelCause.User : null);
        return new ResultReported(
            id,
            id,
            facts,
            "bench",
            ResultType.Final,
            Settles: true,
            HasFailures: luck is >= 900 and < 950,
            HasErrors: luck >= 995,
            IsDegraded: luck is >= 950 and < 980,
            isCancelled,
            OverMaxResponseTime: false,
            200 + (number * 7_919L % 60_000),
            at,
            at,
            1,
            null,
            at);
    }
}
