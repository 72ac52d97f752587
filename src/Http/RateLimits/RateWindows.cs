using System.Collections.Concurrent;
using Ledger.Http.Settings;

namespace Ledger.Http.RateLimits;

/// <summary>Fixed windows per key and class of routes (http.md, wire.md 2.7): cancels have their own, so polling never starves one.</summary>
public sealed class RateWindows(RateLimitSettings settings, TimeProvider clock)
{
    private const int MaximumWindows = 100_000;

    private readonly ConcurrentDictionary<(string Caller, string Class), Window> windows = new();

    /// <summary>Takes one request from the caller's window.</summary>
    /// <param name="caller">Who is limited.</param>
    /// <param name="limit">The class of routes with its figures.</param>
    public RateVerdict Take(string caller, RateLimit limit)
    {
        if (windows.Count >= MaximumWindows)
        {
            RemoveElapsed();
        }

        var (requests, seconds) = FiguresOf(limit);
        return windows.GetOrAdd((caller, limit.Class), _ => new Window(clock)).Take(requests, seconds);
    }

    private (int Requests, int Seconds) FiguresOf(RateLimit limit) =>
        settings.Classes.TryGetValue(limit.Class, out var own) ? (own.Requests, own.Seconds)
        : limit.Requests is { } requests && limit.Seconds is { } seconds ? (requests, seconds)
        : (settings.Requests, settings.Seconds);

    private void RemoveElapsed()
    {
        foreach (var entry in windows)
        {
            if (entry.Value.HasElapsed)
            {
                windows.TryRemove(entry);
            }
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
/// <param name="IsAllowed">Whether it may pass.</param>
/// <param name="Requests">Requests in a window.</param>
/// <param name="Seconds">Length of a window.</param>
/// <param name="Remaining">Requests left in this window.</param>
/// <param name="ResetSeconds">Whole seconds until the next window.</param>
public readonly record struct RateVerdict(bool IsAllowed, int Requests, int Seconds, int Remaining, int ResetSeconds);

/// <summary>The class of a route, with the figures that its vendor documents; without figures the general ones hold.</summary>
public sealed record RateLimit(string Class, int? Requests = null, int? Seconds = null)
{
    public static RateLimit General { get; } = new("general");

    public static RateLimit Cancel { get; } = new("cancel");

    /// <summary>Webhooks, which have no key: counted for each webhook.</summary>
    public static RateLimit Webhook { get; } = new("webhook");

    /// <summary>
    /// What runners call; counted for each runner, since many may share a key. A hundred runs at three heartbeats a lease come to the general
    /// figure already, and a heartbeat that is turned away can cost a run.
    /// </summary>
    public static RateLimit Runner { get; } = new("runner", Requests: 6_000, Seconds: 60);
}
