using System.Diagnostics.Metrics;
using System.Text.Json;
using Ledger.Serialization;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Telemetry;

/// <summary>
/// What this host has done, as counters of the meter <c>Ledger</c>. Only what this host itself appended is counted, so that the counts of
/// all hosts add up. No label holds an id: each has a handful of values.
/// </summary>
public sealed class LedgerMetrics
{
    /// <summary>The database could not be reached.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>The database cannot hold what was to be appended.</summary>
    public const string Unstorable = "unstorable";

    private const string Expired = "expired";
    private const string Reported = "reported";

    private readonly Counter<long> units;
    private readonly Counter<long> failures;
    private readonly Counter<long> events;
    private readonly Counter<long> requested;
    private readonly Counter<long> refused;
    private readonly Counter<long> settled;
    private readonly Histogram<double> duration;

    /// <summary>Makes the instruments.</summary>
    /// <param name="meters">Makes this host's meters, so that another host in the same process is none of ours.</param>
    public LedgerMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Ledger");
        units = meter.CreateCounter<long>("ledger.append.units", null, "Units that were decided, by verdict: appended, conflict, answerTaken.");
        failures = meter.CreateCounter<long>("ledger.append.failures", null, "Units that could not be decided, by reason: unavailable, unstorable.");
        duration = meter.CreateHistogram(
            "ledger.append.duration",
            "s",
            "Time from handing a unit in to its verdict.",
            tags: null,
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
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
        foreach (var verdict in Enum.GetValues<AppendVerdict>())
        {
            units.Add(0, new KeyValuePair<string, object?>("verdict", Word(verdict)));
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

    /// <summary>A unit was decided.</summary>
    /// <param name="verdict">How.</param>
    /// <param name="took">The time from handing it in.</param>
    public void Decided(AppendVerdict verdict, TimeSpan took)
    {
        units.Add(1, new KeyValuePair<string, object?>("verdict", Word(verdict)));
        duration.Record(took.TotalSeconds);
    }

    /// <summary>These events were appended by this host, and are durable.</summary>
    public void Committed(IReadOnlyList<ISessionEvent> appended)
    {
        foreach (var data in appended)
        {
            Count(data);
        }
    }

    /// <summary>A unit could not be decided.</summary>
    public void Failed(string reason) => failures.Add(1, new KeyValuePair<string, object?>("reason", reason));

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
            case ResultReported { Settles: true, IsCancelled: true }:
                settled.Add(1, new KeyValuePair<string, object?>("outcome", Reported));
                break;
        }
    }

    private static string Word<T>(T value)
        where T : struct, Enum => Words<T>.Of(value);

    private static class Words<T>
        where T : struct, Enum
    {
        private static readonly Dictionary<T, string> All =
            Enum.GetValues<T>().ToDictionary(value => value, value => JsonNamingPolicy.CamelCase.ConvertName(value.ToString()));

        public static string Of(T value) => All[value];
    }
}
