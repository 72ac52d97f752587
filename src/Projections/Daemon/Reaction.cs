using JasperFx.Events.Daemon;
using JasperFx.Events.Projections;
using Ledger.Store;
using Marten;
using Marten.Subscriptions;

namespace Ledger.Projections.Daemon;

/// <summary>Keeps durable messages in the transaction of the operations, and lets them out once that is committed.</summary>
/// <param name="operations">The operations.</param>
/// <param name="messages">At least one.</param>
/// <returns>What Marten is to tell of the commit.</returns>
public delegate Task<IChangeListener> Outbox(IDocumentOperations operations, IReadOnlyList<object> messages);

/// <summary>
/// Something that is done because of what happened, once and never again: it goes through the events after the read models, with a
/// checkpoint of its own, so that neither a restart nor a rebuild has it done twice or not at all. A reaction only decides what is to be done;
/// doing it is a durable message, which is kept in one transaction with the checkpoint (docs/projections.md#reactions).
/// </summary>
public abstract class Reaction : SubscriptionBase
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ReadModelProgress progress;
    private readonly Outbox outbox;
    private readonly string reads;

    /// <summary>Names the reaction.</summary>
    /// <param name="name">Its name; the checkpoint stands under <c>name:All</c>.</param>
    /// <param name="reads">The read model that must have come as far before it reacts to an event.</param>
    /// <param name="progress">Says how far that is.</param>
    /// <param name="outbox">Keeps the messages.</param>
    /// <param name="types">The types of events that it reacts to.</param>
    protected Reaction(string name, string reads, ReadModelProgress progress, Outbox outbox, params IEnumerable<Type> types)
    {
        this.outbox = outbox;
        this.reads = reads;
        this.progress = progress;
        Name = name;
        IncludeArchivedEvents = true;
        foreach (var type in types)
        {
            IncludeType(type);
        }
    }

    /// <summary>Waits for the read model, and reacts.</summary>
    /// <exception cref="TimeoutException">The read model does not come so far; Marten's daemon tries again.</exception>
    public override async Task<IChangeListener> ProcessEventsAsync(
        EventRange page, ISubscriptionController controller, IDocumentOperations operations, CancellationToken cancellationToken)
    {
        if (page.Events.Count > 0)
        {
            if (!await progress.WaitForAsync(reads, page.Events[^1].Sequence, Patience, cancellationToken))
            {
                throw new TimeoutException($"{Name} waits for the read model {reads}.");
            }

            if (await ReactAsync(operations, RecordedEvents.Of(page.Events), cancellationToken) is { Count: > 0 } messages)
            {
                return await outbox(operations, messages);
            }
        }

        return NullChangeListener.Instance;
    }

    /// <summary>Decides what is to be done. May be called again for the same events.</summary>
    /// <param name="operations">What is queued here is committed with the checkpoint.</param>
    /// <param name="events">At least one event, in order.</param>
    /// <returns>The messages that are kept with the checkpoint; none when nothing is to be done.</returns>
    internal abstract Task<IReadOnlyList<object>> ReactAsync(
        IDocumentOperations operations, IReadOnlyList<RecordedEvent> events, CancellationToken cancellation);
}
