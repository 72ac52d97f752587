using Ledger.Sessions;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Runners.Signals;

/// <summary>Records that signals were handed to a runner: the second of the five facts (domain.md). Only the first time of each counts.</summary>
public sealed class Deliveries(SessionStreams sessions, ILogger<Deliveries> logger)
{
    private static readonly EventContext Context = new(Actor.Signals.Id);

    /// <summary>Records them before it ends.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public Task RecordAsync(RunnerId runner, IEnumerable<CancelSignal> signals, DeliveryChannel channel, CancellationToken cancellation) =>
        Task.WhenAll(signals.Where(signal => !IsKnown(runner, signal)).Select(signal => sessions.ExecuteAsync(
            new StreamId(runner.AccountId, signal.SessionId),
            (session, now) => DeliverCancel.Decide(
                session, new DeliverCancel(signal.SequenceId, signal.CancelId, runner.Name, channel), now),
            Context,
            cancellation: cancellation)));

    /// <summary>
    /// Records them in the background, so that a signal stream never waits for the database. One that is lost in an outage is made good
    /// by whatever the runner says next.
    /// </summary>
    public void RecordLater(RunnerId runner, IReadOnlyList<CancelSignal> signals, DeliveryChannel channel)
    {
        _ = RecordAsync();

        async Task RecordAsync()
        {
            try
            {
                await this.RecordAsync(runner, signals, channel, CancellationToken.None);
            }
            catch (Exception outage) when (outage is StoreUnavailableException or ObjectDisposedException)
            {
                logger.LogWarning(outage, "The delivery of {Count} signals to {Runner} could not be recorded", signals.Count, runner.Name);
            }
        }
    }

    /// <summary>Whether the first delivery is recorded already, as far as this host knows.</summary>
    public bool IsKnown(RunnerId runner, CancelSignal signal) =>
        sessions.Peek(new StreamId(runner.AccountId, signal.SessionId))?.Session.FindRun(signal.SequenceId)?.Cancel is
        {
            DeliveredAt: not null,
        };
}
