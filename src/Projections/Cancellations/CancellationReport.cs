using Ledger.Sessions;

namespace Ledger.Projections.Cancellations;

/// <summary>How many requests to cancel there were, how they ended, how long they took and what they saved.</summary>
/// <param name="Requests">The requests, those included that are pending or were refused.</param>
/// <param name="Runs">The runs that they targeted.</param>
/// <param name="Metrics">Of the targeted runs that are settled: their latencies, and the runner time that was freed.</param>
public sealed record CancellationReport(
    CancelTally<CancelOutcome> Requests, CancelTally<CancelRunOutcome> Runs, SpanMetrics Metrics);

/// <summary>How many there were, by what they have in common. The sum over each dictionary is the total.</summary>
/// <typeparam name="TOutcome">The words of the outcomes.</typeparam>
public sealed class CancelTally<TOutcome>
    where TOutcome : struct, Enum
{
    private readonly Dictionary<CancelCause, long> byCause = Zeros<CancelCause>();
    private readonly Dictionary<CancelVia, long> byVia = Zeros<CancelVia>();
    private readonly Dictionary<TOutcome, long> byOutcome = Zeros<TOutcome>();

    /// <summary>All of them.</summary>
    public long Total { get; private set; }

    /// <summary>By cause; every cause is there.</summary>
    public IReadOnlyDictionary<CancelCause, long> ByCause => byCause;

    /// <summary>By interface; every one is there.</summary>
    public IReadOnlyDictionary<CancelVia, long> ByVia => byVia;

    /// <summary>By outcome; every one is there.</summary>
    public IReadOnlyDictionary<TOutcome, long> ByOutcome => byOutcome;

    internal void Add(CancelCause cause, CancelVia via, TOutcome outcome, long count)
    {
        Total += count;
        byCause[cause] += count;
        byVia[via] += count;
        byOutcome[outcome] += count;
    }

    private static Dictionary<T, long> Zeros<T>()
        where T : struct, Enum => Enum.GetValues<T>().ToDictionary(value => value, _ => 0L);
}
