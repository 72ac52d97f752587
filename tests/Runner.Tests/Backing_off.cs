
namespace Ledger.Runner.Tests;

public sealed class Backing_off
{
    private static readonly RetryTiming Timing = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8));

    [Fact]
    public async Task Waits_stay_below_a_bound_that_doubles_up_to_the_longest()
    {
        var time = new RecordingTime();
        for (var round = 0; round < 50; round++)
        {
            var backoff = new Backoff(Timing, time);
            for (var attempt = 0; attempt < 6; attempt++)
            {
                time.Forget();
                await backoff.WaitAsync(retryAfter: null, CancellationToken.None);
                time.Last.TotalSeconds.ShouldBeInRange(0, Math.Min(Math.Pow(2, attempt), 8));
            }
        }

        time.Longest.TotalSeconds.ShouldBeGreaterThan(4);
    }

    [Theory]
    [InlineData(20, 20)]
    [InlineData(100_000, 300)]
    public async Task A_wait_that_the_ledger_asks_for_is_honoured_within_reason(int asked, int waited)
    {
        var time = new RecordingTime();

        await new Backoff(Timing, time).WaitAsync(TimeSpan.FromSeconds(asked), CancellationToken.None);

        time.Last.TotalSeconds.ShouldBeInRange(waited, waited + 1);
    }

    /// <summary>Lets every wait end at once and remembers how long it would have been.</summary>
    private sealed class RecordingTime : TimeProvider
    {
        public TimeSpan Last { get; private set; }

        public TimeSpan Longest { get; private set; }

        /// <summary>A wait of nothing needs no timer, so that the last one would be taken for it.</summary>
        public void Forget() => Last = TimeSpan.Zero;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Last = dueTime;
            Longest = dueTime > Longest ? dueTime : Longest;
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
