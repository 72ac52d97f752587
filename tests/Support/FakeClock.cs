namespace Ledger.Support;

/// <summary>
/// A clock that a test moves. It keeps a wall clock (<see cref="GetUtcNow"/>) and a monotonic one (<see cref="GetTimestamp"/>,
/// timers, <c>Task.Delay</c>, <see cref="PeriodicTimer"/>), as a machine does: the first may jump, the second only advances.
/// </summary>
public sealed class FakeClock : TimeProvider
{
    /// <summary>Where the wall clock starts unless told otherwise: a moment without meaning, but always the same.</summary>
    public static readonly DateTimeOffset DefaultStart = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

    private readonly Lock gate = new();
    private readonly List<FakeTimer> timers = [];
    private DateTimeOffset utcNow;
    private TimeSpan elapsed;

    /// <summary>Creates a clock that stands still at <see cref="DefaultStart"/>.</summary>
    public FakeClock()
        : this(DefaultStart)
    {
    }

    /// <summary>Creates a clock that stands still at <paramref name="utcNow"/>.</summary>
    public FakeClock(DateTimeOffset utcNow) => this.utcNow = utcNow.ToUniversalTime();

    /// <summary>The wall clock. Setting it is a jump: no timer notices.</summary>
    public DateTimeOffset UtcNow
    {
        get => GetUtcNow();
        set
        {
            lock (gate)
            {
                utcNow = value.ToUniversalTime();
            }
        }
    }

    /// <summary>How many timers are waiting: by this a test sees that the code under test has begun to wait.</summary>
    public int WaitingTimers
    {
        get
        {
            lock (gate)
            {
                return timers.Count;
            }
        }
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
        {
            return utcNow;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (gate)
        {
            return elapsed.Ticks;
        }
    }

    /// <summary>
    /// Lets time pass on both clocks and fires every timer that falls due on the way, in order, each at its own time, on the
    /// calling thread.
    /// </summary>
    /// <param name="by">How much; not negative.</param>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        TimeSpan end;
        lock (gate)
        {
            end = elapsed + by;
        }

        while (NextDue(end) is { } due)
        {
            due.Fire();
        }
    }

    /// <summary>Moves only the wall clock, as an administrator or a time server does; negative is backwards.</summary>
    public void JumpWallClock(TimeSpan by)
    {
        lock (gate)
        {
            utcNow += by;
        }
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new FakeTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves to the next timer that is due by <paramref name="end"/> and returns it; moves to the end when none is.</summary>
    private FakeTimer? NextDue(TimeSpan end)
    {
        lock (gate)
        {
            var next = timers.Where(timer => timer.Due <= end).MinBy(timer => timer.Due);
            var target = next is null ? end : next.Due;
            if (target > elapsed)
            {
                utcNow += target - elapsed;
                elapsed = target;
            }

            if (next is { Period: { } period })
            {
                next.Due += period;
            }
            else if (next is not null)
            {
                timers.Remove(next);
            }

            return next;
        }
    }

    private bool Schedule(FakeTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        lock (gate)
        {
            if (timer.IsDisposed)
            {
                return false;
            }

            timers.Remove(timer);
            timer.Period = period > TimeSpan.Zero ? period : null;
            if (dueTime > TimeSpan.Zero || (dueTime == TimeSpan.Zero && timer.Period is not null))
            {
                timer.Due = elapsed + (dueTime > TimeSpan.Zero ? dueTime : period);
                timers.Add(timer);
            }
        }

        if (dueTime == TimeSpan.Zero)
        {
            // At once, but as with a real timer not before the caller has the timer in hand.
            ThreadPool.QueueUserWorkItem(static timer => timer.Fire(), timer, preferLocal: false);
        }

        return true;
    }

    private void Cancel(FakeTimer timer)
    {
        lock (gate)
        {
            timer.IsDisposed = true;
            timers.Remove(timer);
        }
    }

    /// <summary>A timer of this clock; its fields are guarded by the clock's gate.</summary>
    private sealed class FakeTimer(FakeClock clock, TimerCallback callback, object? state) : ITimer
    {
        public TimeSpan Due { get; set; }

        public TimeSpan? Period { get; set; }

        public bool IsDisposed { get; set; }

        public void Fire()
        {
            if (!IsDisposed)
            {
                callback(state);
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => clock.Schedule(this, dueTime, period);

        public void Dispose() => clock.Cancel(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
