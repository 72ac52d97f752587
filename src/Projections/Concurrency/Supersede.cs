using Ledger.Projections.OpenRuns;
using Ledger.Streams;
using Marten;
using Wolverine.Attributes;

namespace Ledger.Projections.Concurrency;

/// <summary>
/// Finds the sessions that are to replace the earlier open ones of their concurrency group (<see cref="ConflictBehaviour.CancelPrevious"/>). A
/// reaction with a checkpoint of its own, so that no restart can lose it.
/// </summary>
public sealed class Supersede : Reaction
{
    /// <summary>Its name. When it has come past an event, the message <see cref="CancelPrevious"/> is kept; the cancels follow.</summary>
    public const string ProjectionName = "supersede";

    private const string SuccessorsSql = """
        select tenant_id::uuid, data ->> 'project', data ->> 'concurrencyGroup', seq_id, stream_id, (data ->> 'at')::timestamptz
        from ledger.mt_events where seq_id = any($1) order by seq_id
        """;

    private readonly NpgsqlDataSource dataSource;

    /// <summary>The reaction, for Marten's daemon to drive.</summary>
    /// <param name="progress">Says how far the open runs are: all that came before an event is in them, or was settled since.</param>
    /// <param name="dataSource">Where the events are.</param>
    /// <param name="outbox">Keeps the messages.</param>
    public Supersede(ReadModelProgress progress, NpgsqlDataSource dataSource, Outbox outbox)
        : base(
            ProjectionName,
            $"""
            type = '{EventTypes.AliasOf(typeof(SessionTriggered))}' and data ->> 'onConflict' = '{Words<ConflictBehaviour>.Of(ConflictBehaviour.CancelPrevious)}'
              and data ->> 'concurrencyGroup' is not null
            """,
            OpenRunsReader.ProjectionName,
            progress,
            dataSource,
            outbox) => this.dataSource = dataSource;

    internal override async Task<IReadOnlyList<object>> ReactAsync(
        IDocumentSession session, IReadOnlyList<long> positions, CancellationToken cancellation) =>
    [
        new CancelPrevious(await dataSource.QueryAsync(
            SuccessorsSql,
            [positions],
            row => new Successor(
                new GroupPlace(row.GetGuid(0), row.GetStringOrNull(1), row.GetString(2), row.GetInt64(3)),
                row.GetGuid(4),
                row.GetFieldValue<DateTimeOffset>(5)),
            cancellation)),
    ];
}

/// <summary>A session that replaces others.</summary>
/// <param name="Place">Its group, and its place in it.</param>
/// <param name="SessionId">The session.</param>
/// <param name="At">When it was triggered.</param>
public sealed record Successor(GroupPlace Place, Guid SessionId, DateTimeOffset At);

/// <summary>Has the earlier open sessions of each successor's group cancelled.</summary>
/// <param name="Successors">Those of one page of events, in the order of their events.</param>
[MessageIdentity("cancel-previous")]
public sealed record CancelPrevious(IReadOnlyList<Successor> Successors);

/// <summary>
/// Cancels them. It may be handled twice, and after sessions that came later: a session is cancelled once for each successor, and cancelling
/// twice is cancelling once (docs/domain.md#rule-5).
/// </summary>
public static class CancelPreviousHandler
{
    private const int AtOnce = 16;

    /// <summary>Cancels what is open now.</summary>
    public static async Task Handle(
        CancelPrevious message, OpenRunsReader openRuns, SessionWriter sessions, CancelPolicy policy, CancellationToken cancellation)
    {
        var earlier = await openRuns.OpenSessionsOfGroupsAsync([.. message.Successors.Select(successor => successor.Place)], cancellation);
        await Parallel.ForEachAsync(
            earlier.GroupBy(found => found.SessionId, found => message.Successors[found.Place]),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (session, ending) =>
            {
                foreach (var successor in session)
                {
                    await sessions.ExecuteAsync(
                        new StreamId(successor.Place.AccountId, session.Key),
                        (state, now) => Decide(state, successor, policy, now),
                        new EventContext("concurrency"),
                        cancellation: ending);
                }
            });
    }

    /// <summary>A session that has settled since, or was cancelled for this successor before, needs no further word in its history.</summary>
    private static Decision<CancelAnswer> Decide(Session session, Successor successor, CancelPolicy policy, DateTimeOffset now)
    {
        if (!session.IsOpen || session.Cancels.Values.Any(cancel => cancel.SupersededBy == successor.SessionId))
        {
            return Decision<CancelAnswer>.Refuse(new Refusal(RefusalKind.NothingToCancel, "The session needs no cancel."));
        }

        var command = new RequestCancel(
            Guid.CreateVersion7(successor.At),
            Actor.Concurrency,
            CancelVia.Ledger,
            CancelCause.Superseded,
            $"superseded by session {successor.Place.BeforeNumber}",
            Force: false,
            SequenceIds: null,
            SupersededBy: successor.SessionId);
        return RequestCancel.Decide(session, command, policy, now);
    }
}
