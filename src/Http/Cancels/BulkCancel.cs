using Ledger.Http.Settings;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Cancels;

/// <summary>Decides one bulk cancel on each of its sessions.</summary>
public sealed class BulkCancel(SessionStreams sessions, LedgerSettings settings, TimeProvider clock)
{
    private const string NothingToCancel = "nothing-to-cancel";
    private const int AtOnce = 64;

    private readonly CancelPolicy policy = settings.CancelPolicy;

    /// <summary>What would happen; nothing is recorded.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<BulkCancelItem>> TryAsync(
        IReadOnlyList<StreamId> streams, BulkCancelRequest request, Actor actor, CancellationToken cancellation)
    {
        var found = await sessions.ReadManyAsync(streams, cancellation);
        var now = clock.GetUtcNow();
        return [.. found.Select(snapshot => Item(snapshot.Session.Id, Decide(snapshot.Session, request, actor, now)))];
    }

    /// <summary>Cancels. It goes on when the caller has gone; after an outage the request can be repeated, for asking twice is asking once.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<BulkCancelItem>> CancelAsync(
        IReadOnlyList<StreamId> streams, BulkCancelRequest request, Actor actor, EventContext context)
    {
        var items = new BulkCancelItem[streams.Count];
        await Parallel.ForAsync(0, streams.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (at, _) =>
        {
            var executed = await sessions.ExecuteAsync(
                streams[at], (session, now) => Decide(session, request, actor, now), context, cancellation: CancellationToken.None);
            items[at] = Item(streams[at].SessionId, executed.Decision);
        });
        return items;
    }

    private Decision<CancelAnswer> Decide(Session session, BulkCancelRequest request, Actor actor, DateTimeOffset now) =>
        RequestCancel.Decide(
            session,
            new RequestCancel(
                Guid.CreateVersion7(now),
                actor,
                CancelVia.Ledger,
                request.Cause,
                request.Reason,
                Force: false,
                request.Filter.CheckId is { } checkId ? RunsOf(session, checkId) : null),
            policy,
            now);

    private static IReadOnlyCollection<Guid> RunsOf(Session session, Guid checkId) =>
        [.. session.Runs.Where(run => run.Plan.CheckId == checkId).Select(run => run.SequenceId)];

    private static BulkCancelItem Item(Guid sessionId, Decision<CancelAnswer> decision) => decision.Answer is { } answer
        ? new BulkCancelItem(sessionId, BulkOutcome.Cancelled, answer.CancelId, null)
        : new BulkCancelItem(sessionId, BulkOutcome.Skipped, null, NothingToCancel);
}
