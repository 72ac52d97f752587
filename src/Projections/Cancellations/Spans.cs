namespace Ledger.Projections.Cancellations;

/// <summary>How long the spans are that are counted together.</summary>
internal enum Grain
{
    /// <summary>A UTC hour.</summary>
    Hour,

    /// <summary>A UTC day, so that a report over years reads few rows.</summary>
    Day,
}

/// <summary>A span of time of an account.</summary>
internal readonly record struct SpanKey(Guid AccountId, Grain Grain, DateTimeOffset Start)
{
    /// <summary>The spans that a time is in, one of each grain.</summary>
    public static IReadOnlyList<SpanKey> Of(Guid accountId, DateTimeOffset at) =>
    [
        new(accountId, Grain.Hour, Grains.Floor(Grain.Hour, at)),
        new(accountId, Grain.Day, Grains.Floor(Grain.Day, at)),
    ];
}

/// <summary>Where spans begin.</summary>
internal static class Grains
{
    /// <summary>The length of a span.</summary>
    public static TimeSpan Length(Grain grain) => grain switch
    {
        Grain.Hour => TimeSpan.FromHours(1),
        Grain.Day => TimeSpan.FromDays(1),
        _ => throw new ArgumentOutOfRangeException(nameof(grain), grain, "A grain without a length."),
    };

    /// <summary>When the span began that a time is in.</summary>
    public static DateTimeOffset Floor(Grain grain, DateTimeOffset at) =>
        new(at.UtcTicks - (at.UtcTicks % Length(grain).Ticks), TimeSpan.Zero);
}
