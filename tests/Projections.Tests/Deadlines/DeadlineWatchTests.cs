using Ledger.Projections.Daemon;
using Ledger.Projections.Deadlines;
using Ledger.Projections.OpenRuns;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Streams;
using Ledger.Support;

namespace Ledger.Projections.Tests.Deadlines;

public sealed class DeadlineWatchTests : LedgerTest
{
    private const string Runner = "runner-1";

    private ProjectionDaemon? daemon;

    [Fact]
    public async Task A_run_without_a_heartbeat_is_lost_one_lease_after_its_claim()
    {
        await using var host = await HostAsync();
        var session = await ClaimedAsync();
        await host.ScanAsync();

        await host.PassAsync(29.9);
        (await LastAsync(session)).ShouldBeOfType<RunClaimed>();
        await host.PassAsync(0.1);
        (await LastAsync(session)).ShouldBeOfType<RunLost>();
    }

    [Fact]
    public async Task A_heartbeat_keeps_a_run_for_one_more_lease()
    {
        await using var host = await HostAsync();
        var session = await ClaimedAsync();
        await host.ScanAsync();
        for (var beat = 0; beat < 5; beat++)
        {
            await host.PassAsync(20);
            await RenewAsync(session);
            await host.ScanAsync();
        }

        await host.PassAsync(29.9);
        (await LastAsync(session)).ShouldBeOfType<RunClaimed>();
        await host.PassAsync(0.1);
        (await LastAsync(session)).ShouldBeOfType<RunLost>();
    }

    [Theory]
    [InlineData(3_600)]
    [InlineData(-3_600)]
    public async Task Heartbeats_keep_a_run_although_the_wall_clock_jumps(int seconds)
    {
        await using var host = await HostAsync();
        var session = await ClaimedAsync();
        await host.ScanAsync();
        for (var beat = 0; beat < 4; beat++)
        {
            Clock.JumpWallClock(TimeSpan.FromSeconds(beat % 2 == 0 ? seconds : -seconds));
            await RenewAsync(session);
            await host.ScanAsync();
            await host.PassAsync(20);
        }

        (await LastAsync(session)).ShouldBeOfType<RunClaimed>();
    }

    [Fact]
    public async Task A_run_over_its_own_limit_times_out()
    {
        await using var host = await HostAsync();
        var session = await StartRunAsync(await ClaimedAsync(timeoutSeconds: 10), Runner);
        await host.ScanAsync();

        await host.PassAsync(9.9);
        (await LastAsync(session)).ShouldBeOfType<RunStarted>();
        await host.PassAsync(0.1);
        (await LastAsync(session)).ShouldBeOfType<RunTimedOut>().LimitSeconds.ShouldBe(10);
    }

    [Fact]
    public async Task A_cancel_that_nobody_acknowledges_is_forced_and_then_expires()
    {
        await using var host = await HostAsync();
        var session = await CancelAsync(await ClaimedAsync());
        await host.ScanAsync();

        await host.PassAsync(29.9);
        (await LastAsync(session)).ShouldBeOfType<CancelRequested>().Forced.ShouldBeFalse();
        await host.PassAsync(0.1);
        (await LastAsync(session)).ShouldBeOfType<CancelRequested>().Forced.ShouldBeTrue();
        await host.PassAsync(269.9);
        (await LastAsync(session)).ShouldBeOfType<CancelRequested>();
        await host.PassAsync(0.1);
        (await LastAsync(session)).ShouldBeOfType<CancelExpired>();
        (await EventsAsync(session)).OfType<CancelRequested>().Count().ShouldBe(2);
    }

    [Fact]
    public async Task A_cancel_that_was_acknowledged_is_not_forced_but_expires_all_the_same()
    {
        await using var host = await HostAsync();
        var session = await CancelAsync(await ClaimedAsync());
        await ExecuteAsync(session, (state, now) => AcknowledgeCancel.Decide(
            state, new AcknowledgeCancel(state.Runs[0].SequenceId, state.Runs[0].Cancel!.CancelId, Runner), now));
        await host.ScanAsync();

        await host.PassAsync(299.9);
        (await LastAsync(session)).ShouldBeOfType<CancelAcknowledged>();
        await host.PassAsync(0.1);
        (await LastAsync(session)).ShouldBeOfType<CancelExpired>();
    }

    [Fact]
    public async Task A_restart_does_not_lengthen_the_deadline_of_a_cancel()
    {
        var session = await CancelAsync(await ClaimedAsync());
        await using (var before = await HostAsync())
        {
            await before.ScanAsync();
            await before.PassAsync(200);
        }

        Clock.Advance(TimeSpan.FromSeconds(50));
        await using var after = await HostAsync();
        await after.FirstScanAsync();
        await after.PassAsync(49.9);
        (await LastAsync(session)).ShouldNotBeOfType<CancelExpired>();
        await after.PassAsync(0.1);
        (await LastAsync(session)).ShouldBeOfType<CancelExpired>();
    }

    [Fact]
    public async Task An_outage_of_the_ledger_loses_no_run_whose_runner_is_still_there()
    {
        var session = await ClaimedAsync();
        Clock.Advance(TimeSpan.FromMinutes(10));
        await using var host = await HostAsync();
        await host.FirstScanAsync();

        await host.PassAsync(20);
        await RenewAsync(session);
        await host.ScanAsync();
        await host.PassAsync(29.9);

        (await LastAsync(session)).ShouldBeOfType<RunClaimed>();
    }

    [Fact]
    public async Task Two_hosts_that_both_watch_do_everything_once()
    {
        await using var one = await HostAsync();
        await using var two = await HostAsync();
        var session = await CancelAsync(await ClaimedAsync());
        await Task.WhenAll(one.ScanAsync(), two.ScanAsync());
        foreach (var seconds in new[] { 30, 270, 1, 2 })
        {
            Clock.Advance(TimeSpan.FromSeconds(seconds));
            await Task.WhenAll(one.ScanAsync(), two.ScanAsync());
        }

        (await EventsAsync(session)).OfType<CancelRequested>().Count().ShouldBe(2);
        (await EventsAsync(session)).OfType<CancelExpired>().Count().ShouldBe(1);
    }

    [Fact]
    public async Task The_watch_runs_by_itself_and_the_next_host_takes_over_when_one_is_killed()
    {
        daemon = await StartDaemonAsync(Brisk, OpenRunsReader.CreateProjection());
        var first = await ClaimedAsync();
        await Keep(NewWatch(daemon)).StartAsync();
        await Keep(NewWatch(daemon)).StartAsync();
        await PassUntilLostAsync(first);

        (await KillOwnersAsync()).ShouldBeGreaterThan(0);
        var second = await ClaimedAsync();

        await PassUntilLostAsync(second);
    }

    private Task PassUntilLostAsync(SessionSnapshot session) => Eventually.Become(async () =>
    {
        Clock.Advance(TimeSpan.FromSeconds(1));
        return await LastAsync(session) is RunLost;
    });

    private async Task<SessionSnapshot> ClaimedAsync(int? timeoutSeconds = null) =>
        await ClaimAsync(await TriggerAsync(Some.Session(Account, timeoutSeconds: timeoutSeconds)), Runner);

    private Task RenewAsync(SessionSnapshot session) =>
        new Leases(DataSource, Clock).RenewAsync(session.Stream, session.Session.Runs[0].SequenceId, Runner, 30);

    private async Task<ISessionEvent> LastAsync(SessionSnapshot session) => (await EventsAsync(session))[^1];

    private DeadlineWatch NewWatch(ProjectionDaemon openRuns) => new(DataSource, Streams, openRuns, DeadlineSettings.Default, Clock);

    private async Task<WatchingHost> HostAsync()
    {
        daemon ??= await StartDaemonAsync(Brisk, OpenRunsReader.CreateProjection());
        return new WatchingHost(NewWatch(daemon), daemon, await DataSource.OpenConnectionAsync(), Clock);
    }
}
