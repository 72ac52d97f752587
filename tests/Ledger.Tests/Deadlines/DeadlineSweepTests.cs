using Ledger.Sessions.Events;
using Ledger.Support;
using Ledger.Tests.Streams;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Deadlines;

/// <summary>Whose turn it is when time passes (docs/deadlines.md), on a database of each test's own and a clock that the test moves.</summary>
public sealed class DeadlineSweepTests : IAsyncLifetime
{
    private readonly WriterDatabase database = new();
    private readonly FakeClock clock = new(Now);
    private SweepingHost host = null!;

    public async Task InitializeAsync()
    {
        await database.InitializeAsync();
        host = await SweepingHost.StartAsync(database, clock);
    }

    public async Task DisposeAsync()
    {
        await host.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_run_that_never_began_is_queued_again_one_lease_after_its_claim()
    {
        await host.ClaimAsync();

        await PassAsync(29.9);
        (await host.LastAsync()).ShouldBeOfType<RunClaimed>();
        await PassAsync(0.1);
        (await host.LastAsync()).ShouldBeOfType<RunRequeued>();
        await PassAsync(3_600);
        (await host.LastAsync()).ShouldBeOfType<RunRequeued>();
    }

    [Fact]
    public async Task A_run_that_began_is_lost_one_lease_after_its_start()
    {
        await host.ClaimAsync();
        await PassAsync(20);
        await host.StartRunAsync();

        await PassAsync(29.9);
        (await host.LastAsync()).ShouldBeOfType<RunStarted>();
        await PassAsync(0.1);
        (await host.LastAsync()).ShouldBeOfType<RunLost>();
    }

    [Fact]
    public async Task Who_claims_what_was_queued_again_has_a_whole_lease()
    {
        await host.ClaimAsync();
        await PassAsync(30);
        await host.ClaimAsync(OtherRunner);

        await PassAsync(29.9);
        (await host.LastAsync()).ShouldBeOfType<RunClaimed>().RunnerId.ShouldBe(OtherRunner);
        await PassAsync(0.1);
        (await host.LastAsync()).ShouldBeOfType<RunRequeued>().RunnerId.ShouldBe(OtherRunner);
    }

    [Fact]
    public async Task A_heartbeat_keeps_a_run_for_one_more_lease()
    {
        await host.ClaimAsync();
        for (var beat = 0; beat < 5; beat++)
        {
            await PassAsync(20);
            await host.RenewAsync();
        }

        await PassAsync(29.9);
        (await host.LastAsync()).ShouldBeOfType<RunClaimed>();
        await PassAsync(0.1);
        (await host.LastAsync()).ShouldBeOfType<RunRequeued>();
    }

    [Fact]
    public async Task A_heartbeat_of_a_runner_that_does_not_hold_the_run_keeps_nothing()
    {
        await host.ClaimAsync();
        await PassAsync(20);
        await host.RenewAsync(OtherRunner);

        await PassAsync(10);
        (await host.LastAsync()).ShouldBeOfType<RunRequeued>();
    }

    [Theory]
    [InlineData(3_600)]
    [InlineData(-3_600)]
    public async Task Heartbeats_keep_a_run_although_the_wall_clock_of_the_host_jumps(int seconds)
    {
        await host.ClaimAsync();
        for (var beat = 0; beat < 4; beat++)
        {
            clock.JumpWallClock(TimeSpan.FromSeconds(beat % 2 == 0 ? seconds : -seconds));
            await host.RenewAsync();
            await host.SweepAsync();
            await PassAsync(20);
        }

        (await host.LastAsync()).ShouldBeOfType<RunClaimed>();
    }

    [Fact]
    public async Task A_run_over_its_own_limit_times_out_when_its_runner_has_had_the_time_to_say_so()
    {
        await host.ClaimAsync();
        await host.StartRunAsync();

        await KeepAliveAsync(60 + 60 - 0.1);
        (await host.LastAsync()).ShouldBeOfType<RunStarted>();
        await PassAsync(0.1);
        (await host.LastAsync()).ShouldBeOfType<RunTimedOut>().LimitSeconds.ShouldBe(60);
    }

    [Fact]
    public async Task A_cancel_that_nobody_acknowledges_is_forced_and_then_expires()
    {
        await host.ClaimAsync();
        await host.CancelAsync();

        await PassAsync(29.9);
        (await host.LastAsync()).ShouldBeOfType<CancelRequested>().Forced.ShouldBeFalse();
        await PassAsync(0.1);
        (await host.LastAsync()).ShouldBeOfType<CancelRequested>().Forced.ShouldBeTrue();
        await PassAsync(269.9);
        (await host.LastAsync()).ShouldBeOfType<CancelRequested>();
        await PassAsync(0.1);
        (await host.LastAsync()).ShouldBeOfType<CancelExpired>();
        (await host.EventsAsync()).OfType<CancelRequested>().Count().ShouldBe(2);
    }

    [Fact]
    public async Task A_cancel_that_was_acknowledged_is_not_forced_but_expires_all_the_same()
    {
        await host.ClaimAsync();
        await host.CancelAsync();
        await PassAsync(20);
        await host.AcknowledgeAsync();

        await PassAsync(279.9);
        (await host.LastAsync()).ShouldBeOfType<CancelAcknowledged>();
        await PassAsync(0.1);
        (await host.LastAsync()).ShouldBeOfType<CancelExpired>();
    }

    [Fact]
    public async Task A_restart_neither_shortens_nor_lengthens_the_deadline_of_a_cancel()
    {
        await host.ClaimAsync();
        await host.CancelAsync();
        await PassAsync(200);
        await using var after = await SweepingHost.StartAsync(database, clock, host);

        await PassAsync(99.9, after);
        (await host.LastAsync()).ShouldNotBeOfType<CancelExpired>();
        await PassAsync(0.1, after);
        (await host.LastAsync()).ShouldBeOfType<CancelExpired>();
    }

    [Fact]
    public async Task What_is_settled_is_due_no_more()
    {
        await host.ClaimAsync();
        await host.StartRunAsync();
        (await host.DueAsync()).ShouldBe(1);

        await host.ReportAsync();

        (await host.DueAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task What_waits_in_the_queue_and_what_is_cancelled_there_is_never_due()
    {
        (await host.DueAsync()).ShouldBe(0);
        await host.CancelAsync();
        (await host.DueAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Two_hosts_that_sweep_at_once_do_everything_once()
    {
        await using var other = await SweepingHost.StartAsync(database, clock, host);
        await host.ClaimAsync();
        await host.CancelAsync();
        foreach (var seconds in new[] { 30, 270, 1, 2, 10 })
        {
            clock.Advance(TimeSpan.FromSeconds(seconds));
            await Task.WhenAll(host.SweepAsync(), other.SweepAsync());
        }

        var events = await host.EventsAsync();
        events.OfType<CancelRequested>().Count().ShouldBe(2);
        events.OfType<CancelExpired>().Count().ShouldBe(1);
    }

    [Fact]
    public async Task What_a_host_found_before_it_was_killed_is_found_again_by_another()
    {
        await host.ClaimAsync();
        clock.Advance(TimeSpan.FromSeconds(30));
        await host.ExecuteSqlAsync("update ledger.due_times set look_at = due_at + interval '5 seconds'");

        await PassAsync(4.9);
        (await host.LastAsync()).ShouldBeOfType<RunClaimed>();
        await PassAsync(0.1);
        (await host.LastAsync()).ShouldBeOfType<RunRequeued>();
    }

    /// <summary>The last sweep of anybody is so long ago, by the clock of the database.</summary>
    [Fact]
    public async Task After_an_outage_every_lease_begins_anew_before_anything_is_found_due()
    {
        await host.ClaimAsync();
        await host.StartRunAsync();
        await PassAsync(29.9);
        clock.Advance(TimeSpan.FromHours(5));
        await host.PretendLastSweepAsync("interval '5 hours'");

        await host.SweepAsync();
        await PassAsync(29.9);
        (await host.LastAsync()).ShouldBeOfType<RunStarted>();
        await PassAsync(10);
        (await host.LastAsync()).ShouldBeOfType<RunLost>();
    }

    [Fact]
    public async Task An_outage_takes_nothing_from_the_time_for_a_cancel()
    {
        await host.ClaimAsync();
        await host.CancelAsync();
        await PassAsync(10);
        for (var outage = 0; outage < 3; outage++)
        {
            clock.Advance(TimeSpan.FromMinutes(10));
            await host.PretendLastSweepAsync("interval '10 minutes'");
            await host.SweepAsync();
        }

        // What is left of the 30 s, and one lease for each outage.
        await PassAsync(20 + (3 * 30) - 0.2);
        (await host.LastAsync()).ShouldBeOfType<CancelRequested>().Forced.ShouldBeFalse();
        await PassAsync(10);
        (await host.LastAsync()).ShouldBeOfType<CancelRequested>().Forced.ShouldBeTrue();
    }

    [Fact]
    public async Task What_is_written_after_an_outage_and_before_the_first_sweep_has_its_usual_time()
    {
        await host.PretendLastSweepAsync("interval '5 hours'");
        clock.Advance(TimeSpan.FromHours(5));
        await host.ClaimAsync();
        await host.SweepAsync();

        await PassAsync(29.9);
        (await host.LastAsync()).ShouldBeOfType<RunClaimed>();
        await PassAsync(10);
        (await host.LastAsync()).ShouldBeOfType<RunRequeued>();
    }

    [Fact]
    public async Task The_time_goes_on_from_where_it_was_when_the_clock_of_the_database_is_set_back()
    {
        var lost = await LostAsync();
        await host.PretendLastSweepAsync("-interval '1 hour'");
        (await SinceLastSweepAsync()).ShouldBeInRange(0, 10);

        await host.SweepAsync();

        (await LostAsync() - lost).ShouldBeInRange(-3_610, -3_590);

        Task<double> LostAsync() => host.ScalarAsync<double>("select lost_seconds from ledger.deadline_clock");
        Task<double> SinceLastSweepAsync() => host.ScalarAsync<double>(
            "select extract(epoch from ledger.running_time('infinity') - swept_at)::double precision + lost_seconds from ledger.deadline_clock");
    }

    [Fact]
    public async Task Many_heartbeats_at_once_are_all_written()
    {
        await host.ClaimAsync();
        await PassAsync(20);

        await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => host.RenewAsync()));

        await PassAsync(29.9);
        (await host.LastAsync()).ShouldBeOfType<RunClaimed>();
    }

    [Fact]
    public async Task A_runner_finds_what_it_claimed_and_has_not_begun()
    {
        await host.ClaimAsync();
        (await host.NotBegunAsync()).ShouldBe([A]);
        (await host.NotBegunAsync(OtherRunner)).ShouldBeEmpty();
        (await host.NotBegunAsync(Runner, A)).ShouldBeEmpty();

        await host.StartRunAsync();
        (await host.NotBegunAsync()).ShouldBeEmpty();
    }

    private async Task PassAsync(double seconds, SweepingHost? sweeping = null)
    {
        clock.Advance(TimeSpan.FromSeconds(seconds));
        await (sweeping ?? host).SweepAsync();
    }

    private async Task KeepAliveAsync(double seconds)
    {
        for (; seconds > 10; seconds -= 10)
        {
            await PassAsync(10);
            await host.RenewAsync();
        }

        await PassAsync(seconds);
    }
}
