namespace Ledger.Http.Dialects.Checkly;

/// <summary>Durations in milliseconds, as differences of times as they are written, so that what a client computes agrees.</summary>
public static class Durations
{
    /// <summary>From one time to another, never less than nothing: the two may come from different clocks.</summary>
    public static long Between(DateTimeOffset from, DateTimeOffset to) =>
        Math.Max(0, to.ToUnixTimeMilliseconds() - from.ToUnixTimeMilliseconds());
}
