using System.Diagnostics;
using Ledger.Http.Live;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Streams;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Http.Tests.Live;

public sealed class SessionFeedTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly HttpClient client = fixture.Ledger.Client;
    private readonly SessionFeed feed = fixture.Ledger.Services.GetRequiredService<SessionFeed>();

    [Fact]
    public async Task A_wait_ends_as_soon_as_the_session_is_settled()
    {
        var runner = new TestRunner(client, "ends");
        var session = await client.TriggerAsync("ends");
        await runner.TakeAsync(session, "ends");
        var waits = Enumerable.Range(0, 200).Select(_ => WaitAsync(session.SessionId, TimeSpan.FromMinutes(5))).ToList();

        await runner.ReportAsync(session.SessionId, session.Run);

        foreach (var settled in await Task.WhenAll(waits).WaitAsync(TimeSpan.FromSeconds(15)))
        {
            settled.Settled!.Session.Status.ShouldBe(SessionStatus.Passed);
        }
    }

    [Fact]
    public async Task A_wait_ends_with_what_another_host_has_settled()
    {
        await using var other = await RunningLedger.StartAsync(fixture.ConnectionString, account: fixture.Ledger.AccountId);
        var session = await client.TriggerAsync("away");
        var wait = WaitAsync(session.SessionId, TimeSpan.FromMinutes(5));

        await other.Client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { });

        var settled = await wait.WaitAsync(TimeSpan.FromSeconds(15));
        settled.Settled!.Session.Status.ShouldBe(SessionStatus.Cancelled);
    }

    [Fact]
    public async Task A_settled_session_is_not_waited_for()
    {
        var session = await client.TriggerAsync("past");
        await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { });

        (await WaitAsync(session.SessionId, TimeSpan.Zero)).Settled.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_wait_for_an_open_session_is_used_up_and_not_before()
    {
        var session = await client.TriggerAsync("open");
        var began = Stopwatch.GetTimestamp();

        var used = await WaitAsync(session.SessionId, TimeSpan.FromMilliseconds(300));

        used.ShouldBe(SettledWait.UsedUp);
        Stopwatch.GetElapsedTime(began).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public async Task An_unknown_session_is_said_to_be_unknown() =>
        (await WaitAsync(Guid.NewGuid(), TimeSpan.FromMinutes(5))).ShouldBe(SettledWait.Unknown);

    [Fact]
    public async Task A_stopping_host_ends_every_wait()
    {
        await using var ledger = await RunningLedger.StartAsync(fixture.ConnectionString, account: fixture.Ledger.AccountId);
        var session = await client.TriggerAsync("stop");
        var wait = ledger.Services.GetRequiredService<SessionFeed>().WaitUntilSettledAsync(
            new StreamId(ledger.AccountId, session.SessionId), TimeSpan.FromMinutes(5), CancellationToken.None);

        await ledger.StopAsync();

        (await wait.WaitAsync(TimeSpan.FromSeconds(15))).ShouldBe(SettledWait.UsedUp);
    }

    [Fact]
    public void Who_does_not_keep_up_is_let_go_and_holds_nobody_up()
    {
        var stream = new StreamId(Guid.NewGuid(), Guid.NewGuid());
        var changes = new SessionChanges();
        using var slow = new SessionSubscription(changes, stream);
        slow.Start(0);
        SessionSnapshot? snapshot = null;

        for (var version = 1; version <= 10_000; version++)
        {
            var run = new RunFacts(SessionKind.Run, null, null, CheckTypes.Playwright, "Run", "here", null, null, null);
            ISessionEvent data = version == 1 ? Triggered(stream) : new RunStarted(Guid.NewGuid(), run, "r", DateTimeOffset.UnixEpoch);
            var recorded = new RecordedEvent(version, Guid.NewGuid(), stream, version, data, "", EventContext.None);
            snapshot = SessionSnapshot.Fold(snapshot, version == 1 ? [recorded] : [])!;
            changes.Committed([new SessionChange(snapshot, [recorded])]);
        }

        var seen = 0;
        while (slow.TryRead(out var recorded))
        {
            recorded.Version.ShouldBe(++seen, "What is there has no gap.");
        }

        seen.ShouldBeLessThan(10_000);
        slow.Events.Completion.IsCompleted.ShouldBeTrue();
    }

    private static SessionTriggered Triggered(StreamId stream) => new(
        stream.SessionId,
        stream.AccountId,
        SessionKind.Check,
        null,
        "slow",
        SessionSource.TriggerApi,
        new Actor(ActorKind.ApiKey, "key"),
        null,
        ConflictBehaviour.Queue,
        null,
        [new PlannedRun(Guid.NewGuid(), null, "API", "slow", "eu-central-1", null)],
        DateTimeOffset.UnixEpoch);

    private Task<SettledWait> WaitAsync(Guid sessionId, TimeSpan maxWait) =>
        feed.WaitUntilSettledAsync(new StreamId(fixture.Ledger.AccountId, sessionId), maxWait, CancellationToken.None);
}
