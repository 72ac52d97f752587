using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Runners.Signals;

/// <summary>Everything that a runner has not stopped yet. Found by the projection, and told as the streams know it.</summary>
public sealed class OpenCancels(OpenRunsReader openRuns, ProjectionDaemon projections, SessionStreams sessions)
{
    private static readonly TimeSpan CatchUp = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The signals to repeat, oldest first, those of every cancel that was durable when this was called. Should the projection not catch
    /// up in time, those that it knows: the rest comes with heartbeats.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<CancelSignal>> ReadAsync(RunnerId runner, CancellationToken cancellation)
    {
        await projections.WaitForHeadAsync(OpenRunsReader.ProjectionName, CatchUp, cancellation);
        var open = await Database.RunAsync(() => openRuns.OpenCancelsAsync(runner.AccountId, runner.Name, cancellation));
        if (open.Count == 0)
        {
            return [];
        }

        var read = await sessions.ReadManyAsync(
            [.. open.Select(cancel => new StreamId(runner.AccountId, cancel.SessionId)).Distinct()], cancellation);
        var byId = read.ToDictionary(snapshot => snapshot.Session.Id, snapshot => snapshot.Session);
        return
        [
            .. open
                .Select(cancel => CancelSignal.For(byId[cancel.SessionId], byId[cancel.SessionId].FindRun(cancel.SequenceId)))
                .OfType<CancelSignal>(),
        ];
    }
}
