using System.Collections.Concurrent;

namespace Ledger.Http.RateLimits;

/// <summary>Fixed windows per caller and class of routes: cancels have their own, so polling never starves one.</summary>
public sealed class RateWindows(RateLimitSettings settings, TimeProvider clock)
{
    /// <summary>
    /// Runners that have windows of their own under one key. A client chooses what its runners are called, so without a bound it could fill
    /// the memory, and have no limit besides. Runners beyond share one window.
    /// </summary>
    public const int MaximumRunners = 1_000;

    /// <summary>Callers that have windows of their own; those beyond share one, until others have elapsed.</summary>
    public const int MaximumWindows = 100_000;

    private readonly ConcurrentDictionary<(string Caller, string Class), Windows> windows = new();

    /// <summary>Takes one request from the caller's window.</summary>
    /// <param name="caller">Who is limited: something that the ledger knows, never what a client says about itself.</param>
    /// <param name="runner">The runner that a request names, where each has a window of its own.</param>
    public RateVerdict Take(string caller, RateLimit limit, string? runner = null)
    {
        if (!windows.TryGetValue((caller, limit.Class), out var own))
        {
            if (windows.Count >= MaximumWindows)
            {
                RemoveElapsed();
            }

            own = windows.GetOrAdd((windows.Count >= MaximumWindows ? "" : caller, limit.Class), _ => new Windows(clock));
        }

        var (requests, seconds) = FiguresOf(limit);
        return own.Of(runner).Take(requests, seconds);
    }

    /// <summary>Gives back a request that was taken and does not count after all.</summary>
    public void GiveBack(string caller, RateLimit limit)
    {
        if (windows.TryGetValue((caller, limit.Class), out var own) || windows.TryGetValue(("", limit.Class), out own))
        {
            own.Of(null).GiveBack();
        }
    }

    private (int Requests, int Seconds) FiguresOf(RateLimit limit) =>
        settings.Classes.TryGetValue(limit.Class, out var own) ? (own.Requests, own.Seconds)
        : limit is { Requests: > 0, Seconds: > 0 } ? (limit.Requests, limit.Seconds)
        : (settings.Requests, settings.Seconds);

    private void RemoveElapsed()
    {
        foreach (var entry in windows)
        {
            if (entry.Value.HaveElapsed)
            {
                windows.TryRemove(entry);
            }
        }
    }

    /// <summary>A caller's window in a class, and those of its runners.</summary>
    private sealed class Windows(TimeProvider clock)
    {
        private readonly Window own = new(clock);
        private readonly ConcurrentDictionary<string, Window> runners = new(StringComparer.Ordinal);

        public bool HaveElapsed => own.HasElapsed && runners.All(each => each.Value.HasElapsed);

        public Window Of(string? runner)
        {
            if (runner is null)
            {
                return own;
            }

            if (runners.TryGetValue(runner, out var known))
            {
                return known;
            }

            if (runners.Count >= MaximumRunners)
            {
                foreach (var entry in runners.Where(entry => entry.Value.HasElapsed))
                {
                    runners.TryRemove(entry);
                }
            }

            return runners.Count >= MaximumRunners ? own : runners.GetOrAdd(runner, _ => new Window(clock));
        }
    }

    private sealed class Window(TimeProvider clock)
    {
        private readonly Lock gate = new();
        private long startedAt = clock.GetTimestamp();
        private int taken;
        private int length;

        public bool HasElapsed
        {
            get
            {
                lock (gate)
                {
                    return clock.GetElapsedTime(startedAt).TotalSeconds >= length;
                }
            }
        }

        public void GiveBack()
        {
            lock (gate)
            {
                taken = Math.Max(0, taken - 1);
            }
        }

        public RateVerdict Take(int requests, int seconds)
        {
            lock (gate)
            {
                length = seconds;
                var elapsed = clock.GetElapsedTime(startedAt).TotalSeconds;
                if (elapsed >= seconds)
                {
                    startedAt = clock.GetTimestamp();
                    taken = 0;
                    elapsed = 0;
                }

                var allowed = taken < requests;
                taken += allowed ? 1 : 0;
                return new RateVerdict(allowed, requests, seconds, requests - taken, (int)Math.Ceiling(seconds - elapsed));
            }
        }
    }
}

/// <summary>The outcome for one request.</summary>
/// <param name="Remaining">Requests left in this window.</param>
/// <param name="ResetSeconds">Whole seconds until the next window.</param>
public readonly record struct RateVerdict(bool IsAllowed, int Requests, int Seconds, int Remaining, int ResetSeconds);

/// <summary>
/// The class of a route, <c>[RateLimit("cancel")]</c>, with the figures that its vendor documents; without figures the general ones hold.
/// Settings under <c>Ledger:RateLimit:Classes</c> go before both. A route that says nothing is of the class <c>general</c>.
/// </summary>
/// <param name="requests">Requests in a window; 0 for the general figure.</param>
/// <param name="seconds">Length of a window; 0 for the general figure.</param>
[AttributeUsage(AttributeTargets.Method)]
public class RateLimit(string @class, int requests = 0, int seconds = 0) : Attribute
{
    public static RateLimit General { get; } = new("general");

    public static RateLimit Cancel { get; } = new("cancel");

    /// <summary>Webhooks, which have no key: counted for each webhook.</summary>
    public static RateLimit Webhook { get; } = new("webhook");

    /// <summary>Keys and other secrets that nobody knows: counted for each address.</summary>
    public static RateLimit Unknown { get; } = new("unknown", 120, 60);

    public string Class { get; } = @class;

    public int Requests { get; } = requests;

    public int Seconds { get; } = seconds;

    /// <summary>Whether each runner under a key has a window of its own.</summary>
    public bool IsPerRunner => this is RunnerRateLimit;
}

/// <summary>
/// The limit of what runners call; counted for each runner, since many may share a key. A hundred runs at three heartbeats a lease come to the
/// general figure already, and a heartbeat that is turned away can cost a run.
/// </summary>
public sealed class RunnerRateLimit(int requests = 6_000, int seconds = 60) : RateLimit("runner", requests, seconds);
