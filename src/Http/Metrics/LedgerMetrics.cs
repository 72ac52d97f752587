using System.Diagnostics.Metrics;
using System.Text.Json;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Http.Metrics;

/// <summary>
/// What this host has done, as counters of the meter <c>Ledger</c>. Only what this host itself appended is counted, so that the counts of
/// all hosts add up. No label holds an id: each has a handful of values.
/// </summary>
public sealed class LedgerMetrics
{
    private const string Expired = "expired";
    private const string Reported = "reported";

    private readonly Counter<long> events;
    private readonly Counter<long> requested;
    private readonly Counter<long> refused;
    private readonly Counter<long> settled;

    public LedgerMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Ledger");
        events = meter.CreateCounter<long>("ledger.events.appended", null, "Events that were appended, by type.");
        requested = meter.CreateCounter<long>("ledger.cancels.requested", null, "Cancels that were accepted, by cause, way in and force.");
        refused = meter.CreateCounter<long>("ledger.cancels.refused", null, "Cancels that could target nothing, by cause and way in.");
        settled = meter.CreateCounter<long>(
            "ledger.cancels.settled", null, "Runs that ended by a cancel, by outcome: how they stopped, or expired without proof.");

        // An increase is seen only of a series that was there before.
        foreach (var outcome in (string[])[.. Enum.GetValues<AbortManner>().Select(Word), Expired, Reported])
        {
            settled.Add(0, new KeyValuePair<string, object?>("outcome", outcome));
        }
    }

    /// <summary>Events were committed by this host.</summary>
    public void Committed(IReadOnlyList<RecordedEvent> committed)
    {
        foreach (var recorded in committed)
        {
            Count(recorded.Data);
        }
    }

    private void Count(ISessionEvent data)
    {
        events.Add(1, new KeyValuePair<string, object?>("type", Ledger.Serialization.EventTypes.For(data).Alias));
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
