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
            var session = Session.Fold(snapshot?.Session, recorded.Data);
            snapshot = new SessionSnapshot(session, recorded.Version, snapshot?.FirstPosition ?? recorded.Position, recorded.Position)
            {
                TriggerContext = snapshot?.TriggerContext ?? recorded.Context,
                Bytes = snapshot is null ? BytesOf(session) : snapshot.Bytes + BytesOf(recorded.Data),
            };
        }

        return snapshot;
    }

    /// <summary>The same of events that are still being read, so that none of them is kept.</summary>
    public static async Task<SessionSnapshot?> FoldAsync(
        SessionSnapshot? snapshot, IAsyncEnumerable<RecordedEvent> events, CancellationToken cancellation)
    {
        await foreach (var recorded in events.WithCancellation(cancellation))
        {
            snapshot = Fold(snapshot, [recorded]);
        }

        return snapshot;
    }

    /// <summary>About how many bytes an event takes in memory: its opaque parts, and what the rest is usually.</summary>
    public static long BytesOf(ISessionEvent data)
    {
        const long Each = 300;
        const long EachRun = 700;
        return Each + data switch
        {
            SessionTriggered triggered => JsonSize.InMemory(triggered.Metadata) + triggered.Runs.Sum(run => EachRun + JsonSize.InMemory(run.Spec)),
            ResultReported result => JsonSize.InMemory(result.Details),
            LateReport late => JsonSize.InMemory(late.Result?.Details),
            CancelRequested requested => 64L * (requested.Targets.Count + requested.Skipped.Count),
            _ => 0,
        };
    }

    /// <summary>The same of a session that has begun: what it keeps of its trigger.</summary>
    private static long BytesOf(Session begun) =>
        300 + JsonSize.InMemory(begun.Metadata) + begun.Runs.Sum(run => 700 + JsonSize.InMemory(run.Plan.Spec));
}
