using System.Diagnostics;
using Ledger.Bench.Reports;
using Ledger.Projections;
using Npgsql;

namespace Ledger.Bench.CatchUp;

/// <summary>
/// Read models from the first event on, next to PostgreSQL's own <c>COPY … TO STDOUT</c> of the same events: each alone, all together as a host
/// keeps them, and each rebuilt beside itself.
/// </summary>
internal static class CatchUps
{
    private static TimeSpan cpuBefore;
    private static long peak;

    public static async Task RunAsync(Setup setup)
    {
        var (database, count) = (setup.Database, setup.Scale.Events);
        var tables = await ReadModels.MakeTablesAsync(database.Source);
        var clock = Stopwatch.StartNew();
        var histories = new Histories(seed: 1, pace: TimeSpan.FromDays(30) / count);
        await EventImport.RunAsync(database.Source, histories.AccountId, histories.Events().Take(count));
        Console.WriteLine($"{count} events written in {clock.Elapsed.TotalSeconds:0} s, {await SizeAsync(database.Source)}");

        await CopyAsync(database.Source);
        var reference = await CopyAsync(database.Source);
        Console.WriteLine($"{"COPY mt_events TO STDOUT",-40} {count / reference.TotalSeconds,10:0} events/s");
        cpuBefore = Environment.CpuUsage.TotalTime;
        var models = LedgerProjections.Models;
        foreach (var model in models)
        {
            await using var alone = await ReadModels.FromTheStartAsync(database.Source, tables, [model]);
            var took = await alone.CatchUpAsync(count, Look);
            Add(setup.Report, $"catch-up of {model.Name}", count, took, reference, 0.3);
            Print($"{model.Name} alone", count, took, reference);
        }

        await using (var all = await ReadModels.FromTheStartAsync(database.Source, tables, models))
        {
            var took = await all.CatchUpAsync(count, Look);
            Add(setup.Report, "catch-up of all read models", count, took, reference, 0.12);
            setup.Report.Add("catch-up of all read models: memory", "", "", [Megabytes()], Target.AtMost(400, "MB"));
            Print($"all {models.Count} together", count, took, reference);
            foreach (var model in models)
            {
                Print($"{model.Name} rebuilt", count, await all.RebuildAsync(model.Name, database.Log, Look), reference);
            }
        }

        // The report of the run has those over more results (ManyResults).
        var reports = new ReportTimes(database.Source, histories.AccountId, histories.Checks, histories.Now, new Report());
        await reports.MeasureChecksAsync();
        await reports.MeasureListsAsync();
    }

    private static void Add(Report report, string row, int count, TimeSpan took, TimeSpan reference, double limit) => report.Add(
        row,
        $"COPY {count / reference.TotalSeconds:0} events/s",
        $"{count / took.TotalSeconds:0} events/s",
        [reference / took],
        Target.AtLeast(limit));

    private static async Task<TimeSpan> CopyAsync(NpgsqlDataSource source)
    {
        await using var connection = await source.OpenConnectionAsync();
        var clock = Stopwatch.StartNew();
        await using var copy = await connection.BeginRawBinaryCopyAsync("copy (select * from ledger.mt_events) to stdout (format binary)");
        var buffer = new byte[1 << 16];
        while (await copy.ReadAsync(buffer, CancellationToken.None) > 0)
        {
            // Nothing is done with them: this is what reading costs at least.
        }

        return clock.Elapsed;
    }

    private static void Look() => peak = Math.Max(peak, Environment.WorkingSet);

    private static void Print(string what, int count, TimeSpan took, TimeSpan reference)
    {
        var cpu = Environment.CpuUsage.TotalTime - cpuBefore;
        Console.WriteLine(
            $"{what,-40} {count / took.TotalSeconds,10:0} events/s = {reference / took:0.00} × COPY, "
            + $"{took.TotalSeconds:0.0} s of which {cpu.TotalSeconds:0.0} s on the host's processor, peak memory {Megabytes()} MB");
        cpuBefore = Environment.CpuUsage.TotalTime;
    }

    private static long Megabytes()
    {
        var most = Math.Max(peak, Environment.WorkingSet) / (1024 * 1024);
        peak = 0;
        return most;
    }

    private static async Task<string> SizeAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand(
            "select pg_size_pretty(pg_table_size('ledger.mt_events')) || ', ' || (select count(*) from ledger.mt_streams) || ' sessions'");
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
