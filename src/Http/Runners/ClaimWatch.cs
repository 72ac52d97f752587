using System.Threading.Channels;
using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Runners;

/// <summary>
/// Wakes waiting claims. A run that is queued now is offered straight from its event. Where a concurrency group is involved, the
/// projection says what has become claimable: one question for all who wait, and not one for each. The same question is asked now and
/// then anyway, for whatever was missed.
/// </summary>
public sealed class ClaimWatch(
    WaitingClaims waiting,
    SessionWriter sessions,
    OpenRunsReader openRuns,
    ProjectionDaemon projections,
    ILogger<ClaimWatch> logger)
{
    private const int MaximumRuns = 500;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan CatchUp = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Channel<bool> calls = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    // No decision reads it, so it is the real one even where a test moves the ledger's.
    private readonly TimeProvider pace = TimeProvider.System;
    private Dictionary<Guid, long> wanted = [];

    /// <summary>Takes the next events of the log, in order. Never blocks.</summary>
    public void Publish(IReadOnlyList<RecordedEvent> events)
    {
        foreach (var recorded in events)
        {
            if (!waiting.Has(recorded.Stream.AccountId))
            {
                continue;
            }

            if (recorded.Data is SessionTriggered { ConcurrencyGroup: null } triggered)
            {
                waiting.Offer(triggered.AccountId, triggered.Runs.Select(plan =>
                    new QueuedRun(recorded.Stream, triggered.Project, plan.SequenceId, plan.Location, plan.CheckType)));
            }
            else if (recorded.Data is SessionTriggered || MayFreeAGroup(recorded))
            {
                Want(recorded.Stream.AccountId, recorded.Position);
            }
        }
    }

    /// <summary>Looks for claimable runs when there is reason to; ends with the host.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        await using var timer = pace.CreateTimer(_ => WantAll(), null, Interval, Interval);
        while (await calls.Reader.WaitToReadAsync(stopping))
        {
            calls.Reader.TryRead(out _);
            foreach (var (account, position) in TakeWanted())
            {
                await LookAsync(account, position, stopping);
            }

            await Task.Delay(Pause, pace, stopping);
        }
    }

    private static bool IsSettlement(ISessionEvent data) => data
        is RunAborted or CancelExpired or RunTimedOut or RunLost or ResultReported { Settles: true };

    /// <summary>Whether the session may have ended with this event, and others of its group wait for that.</summary>
    private bool MayFreeAGroup(RecordedEvent recorded)
    {
        if (!IsSettlement(recorded.Data))
        {
            return false;
        }

        return sessions.Peek(recorded.Stream) is not { } snapshot
            || (snapshot.Session.ConcurrencyGroup is not null && (snapshot.Version < recorded.Version || !snapshot.Session.IsOpen));
    }

    private void Want(Guid accountId, long position)
    {
        lock (gate)
        {
            wanted[accountId] = Math.Max(position, wanted.GetValueOrDefault(accountId));
        }

        calls.Writer.TryWrite(true);
    }

    private void WantAll()
    {
        foreach (var account in waiting.Accounts)
        {
            Want(account, 0);
        }
    }

    private Dictionary<Guid, long> TakeWanted()
    {
        lock (gate)
        {
            var taken = wanted;
            wanted = [];
            return taken;
        }
    }

    private async Task LookAsync(Guid accountId, long position, CancellationToken stopping)
    {
        try
        {
            foreach (var need in waiting.NeedsOf(accountId))
            {
                await projections.WaitForAsync(OpenRunsReader.ProjectionName, position, CatchUp, stopping);
                var found = await Database.RunAsync(() => openRuns.ClaimableAsync(
                    accountId, need.Locations, need.CheckTypes, Math.Min(need.Max, MaximumRuns), need.Project, stopping));
                waiting.Offer(accountId, await QueuedAsync(accountId, found, stopping));
            }
        }
        catch (StoreUnavailableException outage)
        {
            logger.LogWarning(outage, "Waiting claims could not be served; the next look follows in {Seconds} s", Interval.TotalSeconds);
        }
    }

    private async Task<IReadOnlyList<QueuedRun>> QueuedAsync(Guid accountId, IReadOnlyList<ClaimableRun> found, CancellationToken stopping)
    {
        var read = await sessions.ReadManyAsync([.. found.Select(run => new StreamId(accountId, run.SessionId)).Distinct()], stopping);
        var byId = read.ToDictionary(snapshot => snapshot.Session.Id);
        return
        [
            .. from at in found
               let session = byId[at.SessionId].Session
               let run = session.FindRun(at.SequenceId)
               where run.State is RunState.Queued
               select new QueuedRun(
                   new StreamId(accountId, at.SessionId), session.Project, at.SequenceId, run.Plan.Location, run.Plan.CheckType),
        ];
    }
}
