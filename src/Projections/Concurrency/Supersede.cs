using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Streams;
using Marten;

namespace Ledger.Projections.Concurrency;

/// <summary>
/// Cancels the earlier open sessions of a concurrency group when a session is triggered that says so
/// (<see cref="ConflictBehaviour.CancelPrevious"/>). A reaction with a checkpoint of its own, so that no restart can lose it; it may see an
/// event twice, and cancelling twice is cancelling once (docs/domain.md#rule-5).
/// </summary>
public sealed class Supersede : Reaction
{
    /// <summary>The name to wait for: then the cancels of what came before stand in the log.</summary>
    public const string ProjectionName = "supersede";

    private const int AtOnce = 16;

    private readonly Func<SessionWriter> streams;
    private readonly OpenRunsReader openRuns;
    private readonly CancelPolicy policy;

    /// <summary>The reaction, for Marten's daemon to drive.</summary>
    /// <param name="progress">Says how far the open runs are: all that came before an event is in them, or was settled since.</param>
    /// <param name="streams">Where the sessions decide; asked for at the first need, since it needs the store that drives this.</param>
    /// <param name="openRuns">Knows which sessions are open.</param>
    /// <param name="policy">Which runs may be cancelled.</param>
    public Supersede(ReadModelProgress progress, Func<SessionWriter> streams, OpenRunsReader openRuns, CancelPolicy policy)
        : base(ProjectionName, OpenRunsReader.ProjectionName, progress, typeof(SessionTriggered))
    {
        this.streams = streams;
        this.openRuns = openRuns;
        this.policy = policy;
    }

    internal override async Task ReactAsync(
        IDocumentOperations operations, IReadOnlyList<RecordedEvent> events, CancellationToken cancellation)
    {
        var successors = events
            .Select(recorded => (Triggered: recorded.Data as SessionTriggered, Number: recorded.Position))
            .Where(successor => successor.Triggered is { OnConflict: ConflictBehaviour.CancelPrevious, ConcurrencyGroup: not null })
            .Select(successor => (Triggered: successor.Triggered!, successor.Number))
            .ToList();
        if (successors.Count == 0)
        {
            return;
        }

        var earlier = await openRuns.OpenSessionsOfGroupsAsync(
            [
                .. successors.Select(successor => new GroupPlace(
                    successor.Triggered.AccountId, successor.Triggered.Project, successor.Triggered.ConcurrencyGroup!, successor.Number)),
            ],
            cancellation);
        await Parallel.ForEachAsync(
            earlier.GroupBy(found => found.SessionId, found => successors[found.Place]),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (session, ending) =>
            {
                foreach (var (triggered, number) in session)
                {
                    await CancelAsync(session.Key, triggered, number, ending);
                }
            });
    }

    private Task CancelAsync(Guid sessionId, SessionTriggered successor, long number, CancellationToken cancellation)
    {
        var command = new RequestCancel(
            Guid.CreateVersion7(successor.At),
            Actor.Concurrency,
            CancelVia.Ledger,
            CancelCause.Superseded,
            $"superseded by session {number}",
            Force: false,
            SequenceIds: null,
            SupersededBy: successor.SessionId);
        return streams().ExecuteAsync(
            new StreamId(successor.AccountId, sessionId),
            (session, now) => Decide(session, command, now),
            new EventContext("concurrency"),
            cancellation: cancellation);
    }

    /// <summary>A session that has settled since, or was cancelled for this successor before, needs no further word in its history.</summary>
    private Decision<CancelAnswer> Decide(Session session, RequestCancel command, DateTimeOffset now) =>
        session.IsOpen && !session.Cancels.Values.Any(cancel => cancel.SupersededBy == command.SupersededBy)
            ? RequestCancel.Decide(session, command, policy, now)
            : Decision<CancelAnswer>.Refuse(new Refusal(RefusalKind.NothingToCancel, "The session needs no cancel."));
}
