using Ledger.Support;

namespace Ledger.Tests.Support;

/// <summary>The clock that other tests rely on.</summary>
public sealed class FakeClockTests
{
    private readonly FakeClock clock = new();

    [Fact]
    public async Task A_delay_ends_when_the_clock_has_advanced_that_far_and_not_before()
    {
        var delay = Task.Delay(TimeSpan.FromSeconds(10), clock);

        clock.Advance(TimeSpan.FromSeconds(9.9));
        delay.IsCompleted.ShouldBeFalse();

        clock.Advance(TimeSpan.FromSeconds(0.1));
        await delay.WaitAsync(TimeSpan.FromSeconds(5));
        clock.WaitingTimers.ShouldBe(0);
    }

    [Fact]
    public async Task A_jump_of_the_wall_clock_moves_neither_timers_nor_timestamps()
    {
        var delay = Task.Delay(TimeSpan.FromSeconds(10), clock);
        var before = clock.GetTimestamp();

        clock.JumpWallClock(TimeSpan.FromDays(1));

        clock.GetUtcNow().ShouldBe(FakeClock.DefaultStart.AddDays(1));
        clock.GetElapsedTime(before).ShouldBe(TimeSpan.Zero);
        delay.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromSeconds(10));
        await delay.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_periodic_timer_ticks_at_every_period()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), clock);
        for (var tick = 0; tick < 3; tick++)
        {
            var next = timer.WaitForNextTickAsync().AsTask();
            next.IsCompleted.ShouldBeFalse();
            clock.Advance(TimeSpan.FromSeconds(1));
            (await next.WaitAsync(TimeSpan.FromSeconds(5))).ShouldBeTrue();
        }
    }

    [Fact]
    public void Timers_fire_in_the_order_of_their_times_and_see_those_times()
    {
        var seen = new List<string>();
        using var late = clock.CreateTimer(_ => See("late"), null, TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        using var early = clock.CreateTimer(_ => See("early"), null, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));

        clock.Advance(TimeSpan.FromSeconds(6));

        seen.ShouldBe(["early 2", "early 4", "late 5", "early 6"]);
        clock.GetUtcNow().ShouldBe(FakeClock.DefaultStart.AddSeconds(6));

        void See(string name) => seen.Add($"{name} {(clock.GetUtcNow() - FakeClock.DefaultStart).TotalSeconds}");
    }

    [Fact]
    public void A_timer_that_was_disposed_does_not_fire()
    {
        var fired = false;
        var timer = clock.CreateTimer(_ => fired = true, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);

        timer.Dispose();
        clock.Advance(TimeSpan.FromSeconds(2));

        fired.ShouldBeFalse();
        timer.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan).ShouldBeFalse();
    }

    [Fact]
    public async Task A_cancellation_after_a_time_follows_the_clock()
    {
        using var source = new CancellationTokenSource(TimeSpan.FromMinutes(5), clock);

        clock.Advance(TimeSpan.FromMinutes(5));

        await Eventually.Become(() => source.IsCancellationRequested);
    }
}
