using System.Collections.Concurrent;
using System.Diagnostics;
using Ledger.Http.Embedded;

namespace Ledger.Bench.Writes;

/// <summary>
/// Durable commands next to two outside references on the same server: pgbench's transactions of one event, and the same commands on a plain
/// host of Wolverine.Http and Marten. The windows of all rows are interleaved, so that the machine's other work meets all of them. The
/// ledger's host keeps its read models meanwhile; each window begins when they have caught up.
/// </summary>
internal static class WriteBench
{
    private const int Clients = 32;
    private const int Producers = 64;

    // Runs that are held are watched for their deadlines: many more of them than are cancelled would be measured as well.
    private const int RunningPerSecond = 4_000;

    public static async Task RunAsync(Setup setup)
    {
        var (postgres, rounds) = (setup.Postgres, setup.Scale.Windows);
        await using var ledger = await setup.StartHostAsync();
        await using var plain = await HostProcess.StartPlainAsync(postgres.ConnectionString, setup.Folder, ledger);
        await using var writer = new InProcess(setup.Database, Producers);
        var rows = Rows(postgres, setup.Database, ledger, plain, writer);

        // A program that has just started compiles while it works.
        await RoundAsync(rows, postgres.ProcessId, setup.Scale.Window * 2, isKept: false);
        await RoundAsync(rows, postgres.ProcessId, setup.Scale.Window * 2, isKept: false);
        for (var round = 1; round <= rounds; round++)
        {
            await RoundAsync(rows, postgres.ProcessId, setup.Scale.Window, isKept: true);
            await Console.Error.WriteLineAsync($"round {round} of {rounds}");
        }

        Console.WriteLine(Row.Head);
        foreach (var row in rows)
        {
            Console.WriteLine(row.Describe(rows[0]));
        }

        AddTo(setup.Report, rows);
    }

    private static void AddTo(Report report, Row[] rows)
    {
        var pgbench = rows[0];
        foreach (var (row, ofPgbench, ofPlain) in rows[3..].Zip((double[])[0.5, 0.4, 0.4, 1, 0.75], (double?[])[null, 4, null, null, null]))
        {
            report.Add(row.Name, $"pgbench {pgbench.PerSecond:0}/s", $"{row.PerSecond:0}/s", row.RatiosTo(pgbench), Target.AtLeast(ofPgbench));
            if (ofPlain is { } limit)
            {
                report.Add(
                    $"{row.Name}: next to the plain host",
                    $"{row.Plain!.PerSecond:0}/s",
                    $"{row.PerSecond:0}/s",
                    row.RatiosTo(row.Plain),
                    Target.AtLeast(limit));
                report.Add(
                    $"{row.Name}: p99",
                    $"pgbench {Statistics.Percentile(pgbench.Latencies, 0.99):0.0} ms",
                    $"{Statistics.Percentile(row.Latencies, 0.99):0.0} ms",
                    row.SlownessTo(pgbench),
                    Target.AtMost(5, "×"));
            }
        }
    }

    private static async Task RoundAsync(IEnumerable<Row> rows, int server, TimeSpan window, bool isKept)
    {
        foreach (var row in rows)
        {
            await row.RunAsync(window, server, isKept);
        }
    }

    private static Row[] Rows(EmbeddedPostgres postgres, BenchDatabase database, HostProcess ledger, HostProcess plain, InProcess writer)
    {
        var toPlain = new HttpRequests(plain, Clients, "/sessions", "/sessions/{0}/cancel");
        var toLedger = new HttpRequests(ledger, Clients);
        var running = new ConcurrentQueue<Guid>();

        // The ledger's host keeps the read models of everything that is in the log, whoever has written it.
        Process[] plainWithReadModels = [plain.Process, ledger.Process];
        Process[] inProcess = [Process.GetCurrentProcess(), ledger.Process];
        var plainTriggers = new Row(
            $"plain host: trigger, {Clients} connections",
            _ => ledger.CatchUpAsync(),
            duration => toPlain.TriggerAsync(duration),
            plainWithReadModels);
        var plainCancels = new Row(
            $"plain host: cancel of a queued session, {Clients} connections",
            _ => ledger.CatchUpAsync(),
            duration => toPlain.CancelAsync(duration),
            plainWithReadModels);

        return
        [
            new Row(
                $"pgbench: a transaction of one event, {Clients} clients",
                _ => ledger.CatchUpAsync(),
                duration => Pgbench.RunAsync(postgres, database, Clients, duration),
                []),
            plainTriggers,
            plainCancels,
            new Row(
                $"ledger: trigger, {Clients} connections",
                _ => ledger.CatchUpAsync(),
                duration => toLedger.TriggerAsync(duration),
                [ledger.Process]) { Plain = plainTriggers },
            new Row(
                $"ledger: cancel of a queued session, {Clients} connections",
                _ => ledger.CatchUpAsync(),
                duration => toLedger.CancelAsync(duration),
                [ledger.Process]) { Plain = plainCancels },
            new Row(
                $"ledger: cancel of a running session, {Clients} connections",
                async duration =>
                {
                    await WriteRunningAsync(database, ledger.AccountId, running, (int)(duration.TotalSeconds * RunningPerSecond));
                    await ledger.CatchUpAsync();
                },
                duration => toLedger.CancelAsync(running, duration),
                [ledger.Process]) { Plain = plainCancels },
            new Row($"in process: new streams, {Producers} producers", _ => ledger.CatchUpAsync(), writer.OnNewStreamsAsync, inProcess)
            {
                Plain = plainTriggers,
            },
            new Row($"in process: existing streams, {Producers} producers", _ => ledger.CatchUpAsync(), writer.OnExistingStreamsAsync, inProcess)
            {
                Plain = plainCancels,
            },
        ];
    }

    /// <summary>Fills up to a number of sessions that run: another host wrote them, so that their state has to be read.</summary>
    private static async Task WriteRunningAsync(BenchDatabase database, Guid account, ConcurrentQueue<Guid> running, int count)
    {
        var further = Enumerable.Range(0, Math.Max(0, count - running.Count)).Select(_ => Guid.CreateVersion7()).ToList();
        await database.WriteAsync(account, further.Select(session => (session, Suites.Running(account, session))));
        further.ForEach(running.Enqueue);
    }
}
