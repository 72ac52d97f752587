using Ledger.Projections.CheckResults;
using Ledger.Sessions;

namespace Ledger.Projections.Metrics;

/// <summary>The runs of one check at one location that were settled in one span of time and ended in one way.</summary>
internal readonly record struct MetricsKey(
    Guid AccountId, Guid CheckId, string Location, MetricsSpan Span, DateTimeOffset StartsAt, RunState Outcome, CancelCause? Cause);

/// <summary>How many runs there are, and how long they took. It only ever grows.</summary>
internal sealed class MetricsRow
{
    public long Runs { get; private set; }

    public ResponseTimes ResponseTimes { get; private init; } = new();

    /// <summary>A row as it is stored.</summary>
    public static MetricsRow Stored(long runs, ResponseTimes responseTimes) => new() { Runs = runs, ResponseTimes = responseTimes };

    /// <summary>Adds a run. A cancelled one gives no response time: it says nothing about its check.</summary>
    public void Add(ResultFact run)
    {
        Runs++;
        if (run is { IsCancelled: false, ResponseTime: { } milliseconds })
        {
            ResponseTimes.Add(milliseconds);
        }
    }

    /// <summary>Adds the runs of another row.</summary>
    public void Add(MetricsRow other)
    {
        Runs += other.Runs;
        ResponseTimes.Add(other.ResponseTimes);
    }
}
