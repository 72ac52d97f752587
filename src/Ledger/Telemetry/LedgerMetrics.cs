using System.Diagnostics.Metrics;
using Ledger.Serialization;

namespace Ledger.Telemetry;

/// <summary>
/// What this host has done, as counters of the meter <c>Ledger</c>. Only what this host itself appended is counted, so that the counts of
/// all hosts add up. No label holds an id: each has a handful of values.
/// </summary>
public sealed class LedgerMetrics
{
    private const string Appended = "appended";
    private const string Conflicting = "conflict";
    private const string Unavailable = "unavailable";
    private const string Unstorable = "unstorable";
    private const string Expired = "expired";
    private const string Reported = "reported";

    private readonly Counter<long> units;
    private readonly Counter<long> failures;
    private readonly Counter<long> events;
    private readonly Counter<long> requested;
    private readonly Counter<long> refused;
    private readonly Counter<long> settled;
    private readonly Counter<long> faults;
    private readonly Histogram<double> duration;
    private readonly Histogram<int> batchUnits;
    private readonly Histogram<int> batchEvents;

    /// <summary>Makes the instruments.</summary>
    /// <param name="meters">Makes this host's meters, so that another host in the same process is none of ours.</param>
    public LedgerMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Ledger");
        units = meter.CreateCounter<long>("ledger.append.units", null, "Commands that were decided and written, by verdict: appended; conflict for those that are decided again.");
        failures = meter.CreateCounter<long>("ledger.append.failures", null, "Commands that could not be decided, by reason: unavailable, unstorable.");
        duration = meter.CreateHistogram(
            "ledger.append.duration",
            "s",
            "Time of a commit.",
            tags: null,
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
        var sizes = new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 4_096] };
        batchUnits = meter.CreateHistogram(
            "ledger.append.batch.units", null, "Commands that were written by one commit.", tags: null, advice: sizes);
        batchEvents = meter.CreateHistogram(
            "ledger.append.batch.events", null, "Events that were written by one commit.", tags: null, advice: sizes);
        faults = meter.CreateCounter<long>("ledger.background.faults", null, "Errors by which a part of the host in the background has ended, by part.");
        events = meter.CreateCounter<long>("ledger.events.appended", null, "Events that were appended, by type.");
        requested = meter.CreateCounter<long>("ledger.cancels.requested", null, "Cancels that were accepted, by cause, way in and force.");
        refused = meter.CreateCounter<long>("ledger.cancels.refused", null, "Cancels that could target nothing, by cause and way in.");
        settled = meter.CreateCounter<long>(
            "ledger.cancels.settled", null, "Runs that ended by a cancel, by outcome: how they stopped, or expired without proof.");
    }

    /// <summary>
    /// Shows what has not been counted yet as zero, where there is a handful of labels: an increase is seen only of a series that was there
    /// before. To be called when somebody listens.
    /// </summary>
    public void ShowZeros()
    {
        foreach (var verdict in (string[])[Appended, Conflicting])
        {
            units.Add(0, new KeyValuePair<string, object?>("verdict", verdict));
        }

        foreach (var reason in (string[])[Unavailable, Unstorable])
        {
            failures.Add(0, new KeyValuePair<string, object?>("reason", reason));
        }

        foreach (var outcome in (string[])[.. Enum.GetValues<AbortManner>().Select(Word), Expired, Reported])
        {
            settled.Add(0, new KeyValuePair<string, object?>("outcome", outcome));
        }
    }

    /// <summary>A part in the background has ended by an error.</summary>
    public void PartFailed(string part) => faults.Add(1, new KeyValuePair<string, object?>("part", part));

    /// <summary>A commit was made by this host.</summary>
    /// <param name="commands">How many commands and triggers it wrote.</param>
    /// <param name="written">Its events.</param>
    /// <param name="took">How long it took.</param>
    internal void Committed(int commands, IReadOnlyCollection<ISessionEvent> written, TimeSpan took)
    {
        units.Add(commands, new KeyValuePair<string, object?>("verdict", Appended));
        duration.Record(took.TotalSeconds);
        batchUnits.Record(commands);
        batchEvents.Record(written.Count);
        foreach (var data in written)
        {
            Count(data);
        }
    }

    /// <summary>A command met a stream that had moved on, and is decided again.</summary>
    internal void Conflict() => units.Add(1, new KeyValuePair<string, object?>("verdict", Conflicting));

    /// <summary>A command could not be decided.</summary>
    /// <param name="isUnstorable">Whether the database refuses the data; else it cannot be reached.</param>
    internal void Failed(bool isUnstorable) =>
        failures.Add(1, new KeyValuePair<string, object?>("reason", isUnstorable ? Unstorable : Unavailable));

    private void Count(ISessionEvent data)
    {
        events.Add(1, new KeyValuePair<string, object?>("type", EventTypes.For(data).Alias));
        switch (data)
        {
            case CancelRequested e:
                requested.Add(1, new("cause", Word(e.Cause)), new("via", Word(e.Via)), new("forced", e.Forced ? "true" : "false"));
                break;
            case CancelRefused e:
                refused.Add(1, new("cause", Word(e.Cause)), new("via", Word(e.Via)));
                break;
            case RunAborted e:
                settled.Add(1, new KeyValuePair<string, object?>("outcome", Word(e.How)));
                break;
            case CancelExpired:
                settled.Add(1, new KeyValuePair<string, object?>("outcome", Expired));
                break;
            case ISettlesRun { Outcome: RunState.Cancelled }:
                settled.Add(1, new KeyValuePair<string, object?>("outcome", Reported));
                break;
        }
    }

    private static string Word<T>(T value)
        where T : struct, Enum => Words<T>.Of(value);
}
