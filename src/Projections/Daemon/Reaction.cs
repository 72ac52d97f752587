using JasperFx.Events;
using JasperFx.Events.Daemon;
using JasperFx.Events.Projections;
using Marten;
using Marten.Subscriptions;

namespace Ledger.Projections.Daemon;

/// <summary>Keeps durable messages in the transaction of a session, and lets them out once that is committed.</summary>
/// <param name="session">The session.</param>
/// <param name="messages">At least one.</param>
public delegate Task Outbox(IDocumentSession session, IReadOnlyList<object> messages);

/// <summary>
/// Something that is done because of what happened: it goes through the events after the read models, with a checkpoint of its own, so that neither a
/// restart nor a rebuild has it done twice or not at all. A reaction only decides what is to be done; doing it is a durable message, which is kept
/// before the checkpoint moves (docs/projections.md#reactions). Who decides again after a crash finds what was kept, or keeps a message that may come
/// twice.
/// </summary>
public abstract class Reaction : SubscriptionBase
{
    private const int MostEvents = 100;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ReadModelProgress progress;
    private readonly Outbox outbox;
    private readonly NpgsqlDataSource dataSource;
    private readonly string concernsSql;
    private readonly string reads;

    /// <summary>Names the reaction.</summary>
    /// <param name="name">Its name; the checkpoint stands under <c>name:All</c>.</param>
    /// <param name="concerns">Which events it reacts to, as a condition on <c>mt_events</c>: most pages have none, and cost no more than that.</param>
    /// <param name="reads">The read model that must have come as far before it reacts to an event.</param>
    /// <param name="progress">Says how far that is.</param>
    /// <param name="dataSource">Where the events are.</param>
    /// <param name="outbox">Keeps the messages.</param>
    protected Reaction(string name, string concerns, string reads, ReadModelProgress progress, NpgsqlDataSource dataSource, Outbox outbox)
    {
        this.outbox = outbox;
        this.reads = reads;
        this.progress = progress;
        this.dataSource = dataSource;
        concernsSql = $"select seq_id from ledger.mt_events where seq_id > $1 and seq_id <= $2 and {concerns} order by seq_id";
        Name = name;
        IncludeArchivedEvents = true;
        IncludeType<Archived>(); // The ledger writes none: Marten finds nothing to load, and hands on how far the log is safe to read.
    }

    /// <summary>Looks for events that concern it, waits for the read model, and reacts.</summary>
    /// <exception cref="TimeoutException">The read model does not come so far; Marten's daemon tries again.</exception>
    public override async Task<IChangeListener> ProcessEventsAsync(
        EventRange page, ISubscriptionController controller, IDocumentOperations operations, CancellationToken cancellationToken)
    {
        var positions = await dataSource.QueryAsync(concernsSql, [page.SequenceFloor, page.SequenceCeiling], row => row.GetInt64(0), cancellationToken);
        if (positions.Count > 0 && !await progress.WaitForAsync(reads, positions[^1], Patience, cancellationToken))
        {
            throw new TimeoutException($"{Name} waits for the read model {reads}.");
        }

        foreach (var some in positions.Chunk(MostEvents))
        {
            await using var session = operations.DocumentStore.LightweightSession();
            if (await ReactAsync(session, some, cancellationToken) is { Count: > 0 } messages)
            {
                await outbox(session, messages);
                await session.SaveChangesAsync(cancellationToken);
            }
        }

        return NullChangeListener.Instance;
    }

    /// <summary>Decides what is to be done. May be called again for the same events, also if what it came to was kept already.</summary>
    /// <param name="session">What is queued here is committed with the messages.</param>
    /// <param name="positions">Those of some events that concern it, at least one, in order.</param>
    /// <returns>The messages that are kept; none when nothing is to be done.</returns>
    internal abstract Task<IReadOnlyList<object>> ReactAsync(
        IDocumentSession session, IReadOnlyList<long> positions, CancellationToken cancellation);
}
