using System.Threading.Channels;
using Ledger.Projections.OpenRuns;

namespace Ledger.Http.Runners;

/// <summary>
/// Wakes waiting claims. A run that is queued now is offered straight from its session. Where a concurrency group is involved, the
/// projection says what has become claimable: one question for all who wait, and not one for each. The same question is asked now and
/// then anyway, for whatever was missed.
/// </summary>
public sealed class ClaimWatch
{
    /// <summary>The part of the host that asks.</summary>
    public const string Part = "claims";

    private const int MaximumRuns = 500;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan CatchUp = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Channel<bool> calls = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    // No decision reads it, so it is the real one even where a test moves the ledger's.
    private readonly TimeProvider pace = TimeProvider.System;
    private readonly WaitingClaims waiting;
    private readonly SessionChanges changes;
    private readonly SessionWriter sessions;
    private readonly OpenRunsReader openRuns;
    private readonly ReadModelProgress projections;
    private readonly ILogger<ClaimWatch> logger;
    private Dictionary<Guid, long> wanted = [];

    public ClaimWatch(
        WaitingClaims waiting,
        SessionChanges changes,
        SessionWriter sessions,
        OpenRunsReader openRuns,
        ReadModelProgress projections,
        ILogger<ClaimWatch> logger)
    {
        (this.waiting, this.changes, this.sessions) = (waiting, changes, sessions);
        (this.openRuns, this.projections, this.logger) = (openRuns, projections, logger);
        changes.WhenMissed(WantAll);
    }

    /// <summary>The queues that a change puts runs into, or the groups of the account when it may have freed one.</summary>
    public static IEnumerable<ChangeTopic> TopicsOf(SessionChange change)
    {
        var session = change.Session.Session;
        var isQueued = change.Events.Any(recorded => recorded.Data is SessionTriggered or RunRequeued);
        if (session.ConcurrencyGroup is not null)
        {
            return isQueued || !session.IsOpen ? [Groups(session.AccountId)] : [];
        }

        return isQueued
            ? session.Runs.Select(run => run.Plan.Location).Distinct(StringComparer.Ordinal).Select(location => Queue(session.AccountId, location))
            : [];
    }

    /// <summary>Begins to wait; disposing the result ends it, and passes on what was offered and not taken.</summary>
    public WaitingClaim Enter(Guid accountId, ClaimFilter filter)
    {
        var claim = waiting.Enter(accountId, filter);
        claim.Follow([
            changes.Follow(Groups(accountId), Offer),
            .. filter.Locations.Select(location => changes.Follow(Queue(accountId, location), Offer)),
        ]);
        return claim;
    }

    /// <summary>Looks for claimable runs when there is reason to; ends with the host.</summary>
    public async Task RunAsync(Action isWell, CancellationToken stopping)
    {
        await using var timer = pace.CreateTimer(_ => WantAll(), null, Interval, Interval);
        while (await calls.Reader.WaitToReadAsync(stopping))
        {
            calls.Reader.TryRead(out _);
            foreach (var (account, position) in TakeWanted())
            {
                await LookAsync(account, position, stopping);
            }

            isWell();
            await Task.Delay(Pause, pace, stopping);
        }
    }

    private static ChangeTopic Queue(Guid accountId, string location) => ChangeTopic.Of(accountId, "queue", location);

    private static ChangeTopic Groups(Guid accountId) => ChangeTopic.Of(accountId, "groups", "");

    private void Offer(SessionChange change)
    {
        var session = change.Session.Session;
        if (session.ConcurrencyGroup is not null)
        {
            Want(session.AccountId, change.Session.LastPosition);
            return;
        }

        waiting.Offer(session.AccountId, QueuedIn(change.Session));
    }

    private static IEnumerable<QueuedRun> QueuedIn(SessionSnapshot snapshot) =>
        from run in snapshot.Session.Runs
        where run.State is RunState.Queued
        select new QueuedRun(snapshot.Stream, snapshot.Session.Project, run.SequenceId, run.Plan.Location, run.Plan.CheckType);

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

        calls.Writer.TryWrite(true);
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
                if (!await projections.WaitForAsync(OpenRunsReader.ProjectionName, position, CatchUp, stopping))
                {
                    Want(accountId, position); // What is not found now is looked for again.
                }

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
