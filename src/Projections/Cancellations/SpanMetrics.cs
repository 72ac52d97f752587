namespace Ledger.Projections.Cancellations;

/// <summary>How long cancels took, and what they saved.</summary>
public sealed class SpanMetrics
{
    /// <summary>From the request to the signal at the runner.</summary>
    public Latency RequestedToDelivered { get; internal init; } = new();

    /// <summary>From the signal to the runner's confirmation.</summary>
    public Latency DeliveredToAcknowledged { get; internal init; } = new();

    /// <summary>From the confirmation to the proven end of the execution.</summary>
    public Latency AcknowledgedToStopped { get; internal init; } = new();

    /// <summary>From the request to whatever settled the run.</summary>
    public Latency RequestedToSettled { get; internal init; } = new();

    /// <summary>The runner time that stops saved, in milliseconds, as an estimate.</summary>
    public decimal FreedMs { get; internal set; }

    /// <summary>How many runs it was estimated for.</summary>
    public long FreedRuns { get; internal set; }

    /// <summary>How many runs were settled as cancelled without an estimate: nothing to estimate by, or no proof of the stop.</summary>
    public long UnknownRuns { get; internal set; }

    /// <summary>Takes in what became of a run, all at once, when it is settled.</summary>
    internal void Add(SettledFacts run)
    {
        RequestedToDelivered.Add(run.RequestedAt, run.DeliveredAt);
        DeliveredToAcknowledged.Add(run.DeliveredAt, run.AcknowledgedAt);
        AcknowledgedToStopped.Add(run.AcknowledgedAt, run.StoppedAt);
        RequestedToSettled.Add(run.RequestedAt, run.SettledAt);
        if (run is { Outcome: CancelRunOutcome.Cancelled, FreedMs: { } freed })
        {
            FreedMs += freed;
            FreedRuns++;
        }
        else if (run.Outcome is CancelRunOutcome.Cancelled or CancelRunOutcome.Expired)
        {
            UnknownRuns++;
        }
    }

    /// <summary>Adds everything that another one holds.</summary>
    internal void Add(SpanMetrics other)
    {
        RequestedToDelivered.Add(other.RequestedToDelivered);
        DeliveredToAcknowledged.Add(other.DeliveredToAcknowledged);
        AcknowledgedToStopped.Add(other.AcknowledgedToStopped);
        RequestedToSettled.Add(other.RequestedToSettled);
        FreedMs += other.FreedMs;
        FreedRuns += other.FreedRuns;
        UnknownRuns += other.UnknownRuns;
    }
}
