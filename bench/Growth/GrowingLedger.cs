using System.Diagnostics;
using Ledger.Bench.CatchUp;
using Ledger.Bench.Writes;

namespace Ledger.Bench.Growth;

/// <summary>
/// What a cancel and a read cost does not grow with the ledger. The sessions were written by another host, so that their state has to be read.
/// </summary>
internal static class GrowingLedger
{
    private const int Samples = 300;
    private const int Small = 50_000;

    public static async Task RunAsync(Setup setup)
    {
        await using var host = await setup.StartHostAsync();
        await new HttpRequests(host, 8).TriggerAsync(TimeSpan.FromSeconds(10));
        (double Read, double Cancel)? small = null;
        var written = 0;
        foreach (var size in new[] { Small, Math.Min(1_000_000, setup.Scale.Results), setup.Scale.Results }.Distinct())
        {
            var histories = new Histories(seed: size, pace: TimeSpan.FromDays(30) / setup.Scale.Results);
            await EventImport.RunAsync(setup.Database.Source, histories.AccountId, histories.Events().Take(size - written));
            written = size;
            await host.CatchUpAsync();
            if (small is null)
            {
                // A host that has answered few of them still compiles, and the server plans for empty tables.
                await MeasureAsync(setup.Database, host);
                await MeasureAsync(setup.Database, host);
            }

            var (read, cancel) = await MeasureAsync(setup.Database, host);
            small ??= (read, cancel);
            Add(setup.Report, $"a read at {size} events", small.Value.Read, read);
            Add(setup.Report, $"a cancel at {size} events", small.Value.Cancel, cancel);
        }
    }

    private static void Add(Report report, string row, double small, double milliseconds) => report.Add(
        row, $"{small:0.00} ms at {Small} events", $"{milliseconds:0.00} ms", [milliseconds / small], Target.AtMost(1.2, "×"));

    /// <summary>Medians in milliseconds, one request at a time.</summary>
    private static async Task<(double Read, double Cancel)> MeasureAsync(BenchDatabase database, HostProcess host)
    {
        List<Guid> sessions = [.. Enumerable.Range(0, Samples).Select(_ => Guid.CreateVersion7())];
        await database.WriteAsync(host.AccountId, sessions.Select(session => (session, Suites.Running(host.AccountId, session))));
        await host.CatchUpAsync();
        using var connection = await HttpConnection.OpenAsync(host.Client.BaseAddress!);
        List<double> reads = [], cancels = [];
        foreach (var session in sessions)
        {
            reads.Add(await TimeAsync(connection, HttpConnection.Get($"/v1/check-sessions/{session}", host.Key)));
            cancels.Add(await TimeAsync(connection, HttpConnection.Post($"/v1/check-sessions/{session}/cancel", host.Key)));
        }

        return (Statistics.Median(reads), Statistics.Median(cancels));
    }

    private static async Task<double> TimeAsync(HttpConnection connection, byte[] request)
    {
        var began = Stopwatch.GetTimestamp();
        await connection.SendAsync(request);
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }
}
