using System.Diagnostics;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;
using Xunit.Abstractions;

namespace Ledger.Http.Tests.Dialects.Checkly.Live;

/// <summary>Every host serves its own subscribers, whichever host the events come from.</summary>
public sealed class SeveralHostsTests(TestDatabase database, ITestOutputHelper output) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task A_subscriber_of_one_host_is_told_what_happens_on_another()
    {
        var account = Guid.NewGuid();
        await using var here = await RunningLedger.StartAsync(database.ConnectionString, account: account);
        await using var there = await RunningLedger.StartAsync(database.ConnectionString, account: account);
        var suite = Guid.NewGuid();
        await using var client = await here.SubscribeAsync(suite);

        var session = await there.ScheduleAsync(suite, "PLAYWRIGHT", "API");
        var runner = there.RunnerOf();
        await runner.StartAllAsync(session.SessionId);
        await runner.PassAsync(session.SessionId, session.Runs[1]);
        await there.CancelAsync(session);
        var began = Stopwatch.GetTimestamp();
        await runner.AbortAsync(session.SessionId, session.Run);

        (await client.NextMessageAsync()).ShouldBe(here, suite, session.Runs[0], "run-start");
        (await client.NextMessageAsync()).ShouldBe(here, suite, session.Runs[1], "run-start");
        (await client.NextMessageAsync()).ShouldBe(here, suite, session.Runs[1], "result");
        var cancelled = await client.NextMessageAsync();
        output.WriteLine($"The result came {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0.0} ms after the stop was reported.");
        cancelled.ShouldBe(here, suite, session.Runs[0], "result");
        cancelled.Payload.At("result/isCancelled").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Who_comes_back_to_another_host_misses_nothing()
    {
        var account = Guid.NewGuid();
        await using var first = await RunningLedger.StartAsync(database.ConnectionString, account: account);
        await using var second = await RunningLedger.StartAsync(database.ConnectionString, account: account);
        var suite = Guid.NewGuid();
        var client = await first.SubscribeAsync(suite);
        var session = await first.ScheduleAsync(suite, "PLAYWRIGHT");
        await first.RunnerOf().StartAsync(session.SessionId, session.Run);
        await client.NextMessageAsync();

        client.Abort();
        await first.CancelAsync(session);
        await first.RunnerOf().AbortAsync(session.SessionId, session.Run);

        await using var again = await second.SubscribeAsync(suite);
        var final = await again.NextMessageAsync();
        while (final.Topic.EndsWith("/run-start", StringComparison.Ordinal))
        {
            // The second host may hear of the session only now, and then tells all of it.
            final = await again.NextMessageAsync();
        }

        final.ShouldBe(first, suite, session.Run, "result");
        final.Payload.At("result/isCancelled").GetBoolean().ShouldBeTrue();
    }

    /// <summary>Subscribing while everything happens: whatever the order, the end of each run is told.</summary>
    [Fact]
    public async Task Nothing_falls_between_reading_and_following()
    {
        var account = Guid.NewGuid();
        await using var here = await RunningLedger.StartAsync(database.ConnectionString, account: account);
        await using var there = await RunningLedger.StartAsync(database.ConnectionString, account: account);
        var runner = there.RunnerOf();

        for (var round = 0; round < 15; round++)
        {
            var suite = Guid.NewGuid();
            var moment = new TaskCompletionSource();
            var steps = round;
            var scheduling = Task.Run(async () =>
            {
                var session = await there.ScheduleAsync(suite, [.. Enumerable.Repeat("PLAYWRIGHT", 20)]);
                foreach (var run in session.Runs)
                {
                    if (steps-- == 0)
                    {
                        moment.SetResult();
                    }

                    await runner.StartAsync(session.SessionId, run);
                    await runner.PassAsync(session.SessionId, run);
                }

                return session;
            });
            await moment.Task;
            await using var client = await here.SubscribeAsync(suite);

            var open = (await scheduling).Runs.ToHashSet();
            while (open.Count > 0)
            {
                var message = await client.NextMessageAsync();
                if (message.Topic.EndsWith("/result", StringComparison.Ordinal))
                {
                    open.Remove(Guid.Parse(message.Topic.Split('/')[4]));
                }
            }
        }
    }
}
