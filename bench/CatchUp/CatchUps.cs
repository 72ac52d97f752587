using System.Diagnostics;
using Ledger.Bench.Reports;
using Ledger.Http.ReadModels;
using Ledger.Projections.AlertChannels;
using Ledger.Projections.Daemon;
using Ledger.Projections.Rebuild;
using Ledger.Store.Postgres;
using Npgsql;

namespace Ledger.Bench.CatchUp;

/// <summary>
/// Projections from the first event on, next to PostgreSQL's own <c>COPY … TO STDOUT</c> of the same events: each alone, all together,
/// and rebuilt beside themselves.
/// </summary>
internal static class CatchUps
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    private static TimeSpan cpuBefore;
    private static long peak;

    public static async Task RunAsync(BenchDatabase database, int count)
    {
        var before = await TablesAsync(database.Source);
        await SchemaUpgrade.ApplyAsync(database.Source, [typeof(ProjectionDaemon).Assembly], CancellationToken.None);
        var tables = (await TablesAsync(database.Source)).Except(before).ToList();
        var clock = Stopwatch.StartNew();
        var histories = new Histories(seed: 1, pace: TimeSpan.FromDays(30) / count);
        await EventImport.RunAsync(database.Source, histories, count);
        Console.WriteLine($"{count} events written in {clock.Elapsed.TotalSeconds:0} s, {await SizeAsync(database.Source)}");

        await CopyAsync(database.Source);
        var reference = await CopyAsync(database.Source);
        Console.WriteLine($"{"COPY mt_events TO STDOUT",-40} {count / reference.TotalSeconds,10:0} events/s");
        cpuBefore = Environment.CpuUsage.TotalTime;
        await database.FollowAsync(count);
        IReadOnlyList<Projection> projections = [.. ReadModelParts.Rows, AlertDeliveryReader.CreateProjection()];
        foreach (var projection in projections)
        {
            await using var daemon = await StartAsync(database, projections, projection);
            Print($"{projection.Name} alone", count, await CatchUpAsync(daemon, [projection], count), reference);
        }

        await ResetAsync(database.Source, tables);
        await using (var daemon = Daemon(database, projections))
        {
            await daemon.StartAsync();
            Print($"all {projections.Count} together", count, await CatchUpAsync(daemon, projections, count), reference);
            foreach (var projection in projections)
            {
                if (await RebuildAsync(daemon, projection) is { } took)
                {
                    Print($"{projection.Name} rebuilt", count, took, reference);
                }
            }
        }

        var reports = new ReportTimes(database.Source, histories.AccountId, histories.Checks, histories.Now);
        await reports.MeasureChecksAsync();
        await reports.MeasureListsAsync();
    }

    private static async Task<ProjectionDaemon> StartAsync(
        BenchDatabase database, IReadOnlyList<Projection> projections, Projection projection)
    {
        // What it requires has been measured before, and stands at the head.
        var needed = new HashSet<string>(StringComparer.Ordinal) { projection.Name };
        while (projections.Where(each => needed.Contains(each.Name)).SelectMany(each => each.Requires).Any(needed.Add))
        {
            // Until nothing more is needed.
        }

        var daemon = Daemon(database, [.. projections.Where(each => needed.Contains(each.Name))]);
        await daemon.StartAsync();
        return daemon;
    }

    private static ProjectionDaemon Daemon(BenchDatabase database, IReadOnlyList<Projection> projections) =>
        new(projections, database.Log, subscribe: null, database.Source, new DaemonSettings { Poll = TimeSpan.FromMilliseconds(50) });

    private static async Task<TimeSpan> CatchUpAsync(ProjectionDaemon daemon, IEnumerable<Projection> projections, long head)
    {
        var clock = Stopwatch.StartNew();
        var all = Task.WhenAll(projections.Select(projection => daemon.WaitForAsync(projection.Name, head, Patience)));
        while (!all.IsCompleted)
        {
            peak = Math.Max(peak, Environment.WorkingSet);
            await Task.WhenAny(all, Task.Delay(100));
        }

        return (await all).All(reached => reached) ? clock.Elapsed : throw new TimeoutException("The projections do not catch up.");
    }

    /// <summary>How long it took; null for what keeps no rows of its own.</summary>
    private static async Task<TimeSpan?> RebuildAsync(ProjectionDaemon daemon, Projection projection)
    {
        var clock = Stopwatch.StartNew();
        if (await daemon.RebuildAsync(projection.Name, "bench") is RebuildRequest.Nothing)
        {
            return null;
        }

        while (true)
        {
            var rebuild = (await daemon.StatusAsync()).Single(status => status.Name == projection.Name).Rebuild!;
            if (rebuild is { State: RebuildState.Done or RebuildState.Failed })
            {
                return rebuild is { Differences: 0 } ? clock.Elapsed : throw new InvalidOperationException($"{projection.Name}: {rebuild}");
            }

            peak = Math.Max(peak, Environment.WorkingSet);
            await Task.Delay(50);
        }
    }

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

    private static async Task<IReadOnlyList<string>> TablesAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("select coalesce(array_agg(tablename::text), '{}') from pg_tables where schemaname = 'ledger'");
        return (string[])(await command.ExecuteScalarAsync())!;
    }

    private static async Task ResetAsync(NpgsqlDataSource source, IEnumerable<string> tables)
    {
        await using var command = source.CreateCommand(
            $"truncate {string.Join(", ", tables.Select(table => $"ledger.{table}"))}; delete from ledger.mt_event_progression where name <> 'HighWaterMark'");
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<string> SizeAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand(
            "select pg_size_pretty(pg_table_size('ledger.mt_events')) || ', ' || (select count(*) from ledger.mt_streams) || ' sessions'");
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
