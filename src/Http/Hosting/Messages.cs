using JasperFx;
using JasperFx.CodeGeneration;
using Ledger.Http.AlertChannels.Sending;
using Ledger.Http.Archive;
using Ledger.Projections.Concurrency;
using Wolverine;
using Wolverine.Configuration;
using Wolverine.ErrorHandling;
using Wolverine.Marten;
using Wolverine.Runtime;
using Wolverine.Runtime.Handlers;

namespace Ledger.Http.Hosting;

/// <summary>What the host does by messages of Wolverine's: what follows from events, and what recurs (docs/projections.md#reactions).</summary>
public static class Messages
{
    // Stored by versions that named messages after their types, in queues of the same names.
    private static readonly Dictionary<string, Type> EarlierNames = new(StringComparer.Ordinal)
    {
        ["Ledger.Projections.AlertChannels.DeliverAlert"] = typeof(DeliverAlert),
        ["Ledger.Projections.Concurrency.CancelPrevious"] = typeof(CancelPrevious),
    };

    /// <summary>Has the messages handled that an earlier version has stored.</summary>
    public static void AcceptEarlierNames(IWolverineRuntime runtime)
    {
        foreach (var (earlier, message) in EarlierNames)
        {
            ((WolverineRuntime)runtime).Handlers.RegisterMessageType(message, earlier);
        }
    }

    /// <summary>Says which there are, and how they are handled.</summary>
    /// <param name="options">Wolverine's.</param>
    /// <param name="settings">The host's.</param>
    /// <param name="recurs">Whether there are recurring ones; Wolverine refuses them in a host that has no database.</param>
    public static void Configure(WolverineOptions options, LedgerSettings settings, bool recurs)
    {
        foreach (var handler in (Type[])
            [typeof(DeliverAlertHandler), typeof(CancelPreviousHandler), typeof(ArchiveSettledHandler), typeof(ForgetDeliveriesHandler), typeof(RemoveOldBundlesHandler)])
        {
            options.Discovery.IncludeType(handler);
        }

        // Their queues bear the names that their types say, and not those of the types.
        options.LocalQueueFor<DeliverAlert>().UseDurableInbox().MaximumParallelMessages(settings.Webhooks.AtOnce);
        options.LocalQueueFor<CancelPrevious>().UseDurableInbox().Sequential(); // The first successor is the one that a cancel names.
        foreach (var earlier in EarlierNames.Keys)
        {
            options.LocalQueue(earlier.ToLowerInvariant()).UseDurableInbox().Sequential();
        }

        options.Policies.Add<TriedAgain>();

        // Wolverine looks for what is due all 5 s otherwise.
        options.Durability.ScheduledJobFirstExecution = TimeSpan.FromMilliseconds(500);
        options.Durability.ScheduledJobPollingTime = TimeSpan.FromSeconds(1);
        options.Durability.OrphanedMessageSweepPollingTime = TimeSpan.FromSeconds(2);

        // A message whose handling a host could not record, since the database was away, would be that host's for as long as it lives.
        options.Durability.InboxStaleTime = TimeSpan.FromMinutes(5);
        if (recurs)
        {
            if (settings.Archive.AfterDays is not null)
            {
                options.Schedules.ScheduleRecurring<ArchiveSettled>("*/10 * * * *").SkipWhileRunning();
            }

            options.Schedules.ScheduleRecurring<ForgetDeliveries>("17 * * * *").SkipWhileRunning();
            options.Schedules.ScheduleRecurring<RemoveOldBundles>("47 * * * *").SkipWhileRunning();
        }
    }

    /// <summary>The outbox of reactions: Wolverine's.</summary>
    /// <param name="provider">The host's parts; asked at the first message, since Wolverine needs the store that drives reactions.</param>
    public static Outbox Outbox(IServiceProvider provider) => async (session, messages) =>
    {
        var outbox = new MartenOutbox(provider.GetRequiredService<IWolverineRuntime>(), session);
        foreach (var message in messages)
        {
            await outbox.PublishAsync(message);
        }
    };

    /// <summary>
    /// An outage is waited for, however long. Whatever else fails is tried a few times more and then kept apart, in
    /// <c>wolverine.wolverine_dead_letters</c>, for people to look at.
    /// </summary>
    private sealed class TriedAgain : IHandlerPolicy
    {
        public void Apply(IReadOnlyList<HandlerChain> chains, GenerationRules rules, IServiceContainer container)
        {
            foreach (var chain in chains.Where(chain => chain.MessageType.Namespace?.StartsWith(nameof(Ledger), StringComparison.Ordinal) is true))
            {
                chain.OnException(Outage.Is)
                    .ScheduleRetryIndefinitely(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15));
                chain.OnAnyException()
                    .ScheduleRetry(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10))
                    .Then.MoveToErrorQueue();
            }
        }
    }
}
