using System.Text.Json;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Streams;

/// <summary>A session folded up to a version of its stream.</summary>
/// <param name="Session">The state.</param>
/// <param name="Version">The stream's version.</param>
/// <param name="FirstPosition">
/// The position of the first event: the session's <c>number</c>, the integer id that Empirical's dialect speaks.
/// </param>
/// <param name="LastPosition">The position of the last event: what a reader waits for to see it in a projection.</param>
public sealed record SessionSnapshot(Session Session, long Version, long FirstPosition, long LastPosition)
{
    /// <summary>What the session was triggered with: the trace that its runs belong to.</summary>
    public EventContext TriggerContext { get; init; } = EventContext.None;

    /// <summary>How many bytes of memory it takes, as estimated from its events.</summary>
    public long Bytes { get; init; }

    /// <summary>The stream.</summary>
    public StreamId Stream => new(Session.AccountId, Session.Id);

    /// <summary>Folds further events of the stream; null when there is nothing to fold onto and no event.</summary>
    public static SessionSnapshot? Fold(SessionSnapshot? snapshot, IEnumerable<RecordedEvent> events)
    {
        foreach (var recorded in events)
        {
            snapshot = new SessionSnapshot(
                Session.Fold(snapshot?.Session, recorded.Data),
                recorded.Version,
                snapshot?.FirstPosition ?? recorded.Position,
                recorded.Position)
            {
                TriggerContext = snapshot?.TriggerContext ?? recorded.Context,
                Bytes = (snapshot?.Bytes ?? 0) + BytesOf(recorded.Data),
            };
        }

        return snapshot;
    }

    /// <summary>About how many bytes an event takes in memory: its opaque parts are as large as their text, the rest is small change.</summary>
    public static long BytesOf(ISessionEvent data)
    {
        const long Each = 300;
        const long EachRun = 700;
        return Each + data switch
        {
            SessionTriggered triggered => SizeOf(triggered.Metadata) + triggered.Runs.Sum(run => EachRun + SizeOf(run.Spec)),
            ResultReported result => SizeOf(result.Details),
            LateReport late => SizeOf(late.Result?.Details),
            CancelRequested requested => 64L * (requested.Targets.Count + requested.Skipped.Count),
            _ => 0,
        };
    }

    // A parsed document keeps its text, and a row of twelve bytes for each value in it.
    private static long SizeOf(JsonElement? json) => json is { } element ? element.GetRawText().Length * 3L / 2 : 0;
}
