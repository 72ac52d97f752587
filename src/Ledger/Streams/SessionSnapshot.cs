using Ledger.Sessions;
using Ledger.Store;

namespace Ledger.Streams;

/// <summary>A session folded up to a version of its stream.</summary>
/// <param name="Session">The state.</param>
/// <param name="Version">The stream's version.</param>
/// <param name="FirstPosition">
/// The position of the first event: the session's <c>number</c>, the integer id that Empirical's dialect speaks (http.md).
/// </param>
/// <param name="LastPosition">The position of the last event: what a reader waits for to see it in a projection.</param>
public sealed record SessionSnapshot(Session Session, long Version, long FirstPosition, long LastPosition)
{
    /// <summary>What the session was triggered with: the trace that its runs belong to.</summary>
    public EventContext TriggerContext { get; init; } = EventContext.None;

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
            };
        }

        return snapshot;
    }
}
