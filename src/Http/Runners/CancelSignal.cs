using Ledger.Projections.OpenRuns;

namespace Ledger.Http.Runners;

/// <summary>What tells a runner to stop a run: a hint, the stream is the truth.</summary>
/// <param name="Reason">Why, in words.</param>
/// <param name="Mode">Whether to ask or to kill.</param>
public sealed record CancelSignal(Guid CancelId, Guid SessionId, Guid SequenceId, string? Reason, SignalMode Mode)
{
    /// <summary>The signal for a run; null unless a cancel of it is under way.</summary>
    public static CancelSignal? For(Session session, Run? run) => run is { IsCancelling: true, Cancel: { } cancel }
        ? new CancelSignal(cancel.CancelId, session.Id, run.SequenceId, session.Cancels[cancel.CancelId].Reason, ModeOf(cancel))
        : null;

    public static SignalMode ModeOf(RunCancel cancel) => cancel.Forced ? SignalMode.Force : SignalMode.Graceful;
}

/// <summary>How a run is to be stopped.</summary>
public enum SignalMode
{
    /// <summary>Ask it to stop, and kill it after the runner's grace period.</summary>
    Graceful,

    /// <summary>Kill it at once.</summary>
    Force,
}

/// <summary>Everything that a runner has not stopped yet, as far as the caller sees it. Found by the projection, and told as the streams know it.</summary>
public sealed class OpenCancels(OpenRunsReader openRuns, ReadModelProgress projections, SessionWriter sessions, ReadModelSettings settings)
{
    /// <summary>
    /// The signals to repeat, oldest first, those of every cancel that was durable when this was called. Should the projection not catch
    /// up in time, those that it knows: the rest comes with heartbeats.
    /// </summary>
    public async Task<IReadOnlyList<CancelSignal>> ReadAsync(Caller caller, string runnerId, CancellationToken cancellation)
    {
        await Database.RunAsync(() => projections.WaitForHeadAsync(OpenRunsReader.ProjectionName, settings.Wait, cancellation));
        var open = await Database.RunAsync(() => openRuns.OpenCancelsAsync(caller.AccountId, runnerId, cancellation));
        if (open.Count == 0)
        {
            return [];
        }

        var read = await sessions.ReadManyAsync(caller, [.. open.Select(cancel => cancel.SessionId).Distinct()], cancellation);
        var byId = read.ToDictionary(snapshot => snapshot.Session.Id, snapshot => snapshot.Session);
        return
        [
            .. open
                .Where(cancel => byId.ContainsKey(cancel.SessionId))
                .Select(cancel => CancelSignal.For(byId[cancel.SessionId], byId[cancel.SessionId].FindRun(cancel.SequenceId)))
                .OfType<CancelSignal>(),
        ];
    }
}

/// <summary>Records that signals were handed to a runner: the second of the five facts. Only the first time of each counts.</summary>
public sealed class Deliveries(SessionWriter sessions, ILogger<Deliveries> logger)
{
    private static readonly EventContext Context = new(Actor.Signals.Id);

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
