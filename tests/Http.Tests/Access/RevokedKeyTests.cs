using System.Diagnostics;
using System.Net;
using Ledger.Http.Tests.Dialects.Checkly.Live;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;
using Ledger.Support;

namespace Ledger.Http.Tests.Access;

/// <summary>Whatever a key has open ends with it, on every host, however busy it is.</summary>
public sealed class RevokedKeyTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    // A second is promised. The answer to the revocation itself takes one, and the machine may be slow; by themselves they end after 30.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Streams_long_polls_and_connections_end_with_their_key_on_every_host()
    {
        await using var here = await RunningLedger.StartAsync(database.ConnectionString);
        await using var there = await RunningLedger.StartAsync(database.ConnectionString, account: here.AccountId);
        var made = (await here.Client.PostBodyAsync("/ledger/keys", new { name = "gone", scopes = new[] { "read", "runner", "command" } })).Body;
        var (secret, id) = (made.GetProperty("apiKey").GetString()!, made.GetProperty("keyId").GetString());
        var session = await here.Client.TriggerAsync($"place-{Guid.NewGuid():N}");
        var suite = Guid.NewGuid();
        var ends = new Dictionary<string, Task>(StringComparer.Ordinal);
        var open = new List<IAsyncDisposable>();
        foreach (var host in new[] { here, there })
        {
            var client = host.ClientWith(secret);
            var name = host == here ? "here" : "there";
            var live = await OpenStream.OpenAsync(client, $"/ledger/sessions/{session.SessionId}/live");
            var runner = new TestRunner(client, $"runner-{name}-{session.SessionId:N}");
            var signals = await runner.ListenAsync();
            var mqtt = await host.ConnectAsync(secret);
            (await mqtt.SubscribeAsync(host.FilterOf(suite))).ShouldBe([0x00]);
            open.AddRange([live, signals, mqtt]);
            ends.Add($"live {name}", EndAsync(live));
            ends.Add($"signals {name}", EndAsync(signals));
            ends.Add($"MQTT {name}", mqtt.EndAsync());
            ends.Add($"claim {name}", runner.AskAsync($"nowhere-{Guid.NewGuid():N}", waitSeconds: 30));
            ends.Add($"completion {name}", client.ReadAsync($"/v1/check-sessions/{session.SessionId}/completion?maxWaitSeconds=30"));
        }

        using var over = new CancellationTokenSource();
        var busy = KeepBusyAsync(here, session, suite, over.Token);
        var began = Stopwatch.GetTimestamp();
        (await here.Client.CallAsync(HttpMethod.Delete, $"/ledger/keys/{id}")).Status.ShouldBe(HttpStatusCode.NoContent);

        foreach (var (what, end) in ends)
        {
            await Should.NotThrowAsync(() => end.WaitAsync(Soon), what);
        }

        Stopwatch.GetElapsedTime(began).ShouldBeLessThan(Soon);
        await over.CancelAsync();
        await busy;
        using var again = there.ClientWith(secret);
        (await again.ReadAsync("/ledger/checks")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        foreach (var each in open)
        {
            await each.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_key_that_expires_ends_its_streams_and_one_that_revokes_itself_is_answered()
    {
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString);
        var expiring = (await ledger.Client.PostBodyAsync(
            "/ledger/keys", new { name = "short", scopes = new[] { "runner" }, expiresAt = DateTimeOffset.UtcNow.AddSeconds(10) })).Body;
        using var client = ledger.ClientWith(expiring.GetProperty("apiKey").GetString());
        await using var signals = await OpenStream.OpenAsync(client, $"/ledger/runners/{Guid.NewGuid():N}/signals");
        var own = (await ledger.Client.PostBodyAsync("/ledger/keys", new { name = "own", scopes = new[] { "admin" } })).Body;
        using var leaving = ledger.ClientWith(own.GetProperty("apiKey").GetString());

        (await leaving.CallAsync(HttpMethod.Delete, $"/ledger/keys/{own.GetProperty("keyId").GetString()}")).Status.ShouldBe(HttpStatusCode.NoContent);
        await signals.EndAsync();
    }

    /// <summary>Reads whatever comes until the server has ended the stream.</summary>
    private static async Task EndAsync(OpenStream stream)
    {
        while (await stream.HasNextAsync())
        {
            // It is busy.
        }
    }

    /// <summary>Has events on the session's stream and messages on the suite's topic for as long as it may.</summary>
    private static async Task KeepBusyAsync(RunningLedger ledger, Triggered session, Guid suite, CancellationToken over)
    {
        for (var cancel = 0; !over.IsCancellationRequested; cancel++)
        {
            await ledger.Client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { reason = $"again {cancel}", cause = cancel % 2 == 0 ? "user" : "system" });
            var scheduled = await ledger.ScheduleAsync(suite, "PLAYWRIGHT");
            await ledger.CancelAsync(scheduled);
        }
    }
}
