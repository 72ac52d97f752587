using System.Diagnostics;
using System.Text.Json;
using Ledger.Bench.Writes;
using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Bench.Growth;

/// <summary>What it costs to cancel one run hardly depends on how many others its session has.</summary>
internal static class SessionSizes
{
    private const int Samples = 200;

    public static async Task RunAsync(Setup setup)
    {
        await using var host = await setup.StartHostAsync();
        await new HttpRequests(host, 8).TriggerAsync(TimeSpan.FromSeconds(10));

        // A host that has answered few of them still compiles, and the server plans for empty tables.
        await MeasureAsync(setup.Database, host, 1);
        await MeasureAsync(setup.Database, host, 1);
        double? single = null;
        foreach (var (size, limit) in new[] { (1, 1.5), (100, 1.5), (5_000, 3) })
        {
            var median = await MeasureAsync(setup.Database, host, size);
            single ??= median;
            setup.Report.Add(
                $"cancel of one run of a session of {size}",
                $"{single:0.00} ms of a session of 1",
                $"{median:0.00} ms",
                [median / single.Value],
                Target.AtMost(limit, "×"));
        }
    }

    private static async Task<double> MeasureAsync(BenchDatabase database, HostProcess host, int size)
    {
        var sessions = Enumerable.Range(0, Samples / Math.Min(size, Samples / 10)).Select(_ => Triggered(host.AccountId, size)).ToList();
        await database.WriteAsync(host.AccountId, sessions.Select(session => (session.SessionId, (IReadOnlyList<ISessionEvent>)[session])));
        await host.CatchUpAsync();
        using var connection = await HttpConnection.OpenAsync(host.Client.BaseAddress!);
        var times = new List<double>();
        foreach (var session in sessions)
        {
            // The first command on a session reads it.
            foreach (var run in session.Runs.Take(1 + (Samples / sessions.Count)))
            {
                var body = JsonSerializer.Serialize(new { sequenceIds = (Guid[])[run.SequenceId] });
                var began = Stopwatch.GetTimestamp();
                await connection.SendAsync(HttpConnection.Post($"/ledger/sessions/{session.SessionId}/cancel", host.Key, body));
                times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
        }

        return Statistics.Median(times);
    }

    private static SessionTriggered Triggered(Guid account, int runs)
    {
        var command = Suites.Trigger(account, Guid.CreateVersion7());
        return TriggerSession.Decide(
            command with { Runs = [.. Enumerable.Range(0, runs).Select(_ => command.Runs[0] with { SequenceId = Guid.CreateVersion7() })] },
            DateTimeOffset.UtcNow).Answer!;
    }
}
