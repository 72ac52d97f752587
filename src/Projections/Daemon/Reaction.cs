using JasperFx.Events.Daemon;
using JasperFx.Events.Projections;
using Ledger.Store;
using Marten;
using Marten.Subscriptions;

namespace Ledger.Projections.Daemon;

/// <summary>
/// Something that is done because of what happened, once and never again: it goes through the events after the read models, with a
/// checkpoint of its own, so that neither a restart nor a rebuild has it done twice or not at all.
/// </summary>
public abstract class Reaction : SubscriptionBase
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ReadModelProgress progress;
    private readonly string reads;

    /// <summary>Names the reaction.</summary>
    /// <param name="name">Its name; the checkpoint stands under <c>name:All</c>.</param>
    /// <param name="reads">The read model that must have come as far before it reacts to an event.</param>
    /// <param name="progress">Says how far that is.</param>
    /// <param name="types">The types of events that it reacts to.</param>
    protected Reaction(string name, string reads, ReadModelProgress progress, params IEnumerable<Type> types)
    {
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

            await ReactAsync(operations, RecordedEvents.Of(page.Events), cancellationToken);
        }

        return NullChangeListener.Instance;
    }

    /// <summary>Reacts. May be called again for the same events.</summary>
    /// <param name="operations">What is queued here is committed with the checkpoint.</param>
    /// <param name="events">At least one event, in order.</param>
    /// <param name="cancellation">Ends the work.</param>
    internal abstract Task ReactAsync(IDocumentOperations operations, IReadOnlyList<RecordedEvent> events, CancellationToken cancellation);
}
