using System.Collections.Concurrent;
using Ledger.Projections.OpenRuns;

namespace Ledger.Http.Runners;

/// <summary>Claims runs for runners. What is said to be queued is a hint; who holds a run is decided on its stream, where the first wins.</summary>
public sealed class RunClaims(SessionWriter sessions, OpenRunsReader openRuns, WaitingClaims waiting, LeaseRenewal leases, SpecSecrets secrets)
{
    // Others may be faster on some of the runs that are found.
    private const int Spare = 32;

    // When they were faster on all of them, there may be more behind.
    private const int MaximumLooks = 3;

    // Runs that this host is claiming just now: whoever comes second need not ask the database to hear that they are gone.
    private readonly ConcurrentDictionary<Guid, byte> underWay = new();

    /// <summary>
    /// Gives what the runner claimed before, has not begun, and does not know of: the answer to that claim was lost on its way.
    /// </summary>
    public async Task TakeAgainAsync(Claiming claiming, CancellationToken cancellation)
    {
        if (claiming.Holds is not { } holds)
        {
            return;
        }

        var held = await leases.NotBegunAsync(
            claiming.Caller.AccountId, claiming.RunnerName, holds, claiming.Filter.Max, cancellation);
        foreach (var (stream, sequenceId) in held.TakeWhile(_ => !claiming.IsFull))
        {
            await ClaimAsync(claiming, stream, sequenceId, again: true);
        }
    }

    /// <summary>Claims what is queued already, oldest first, until there is no more room or nothing more to find.</summary>
    public async Task TakeQueuedAsync(Claiming claiming, CancellationToken cancellation)
    {
        if (claiming.IsFull)
        {
            return;
        }

        var (account, filter) = (claiming.Caller.AccountId, claiming.Filter);
        var limit = filter.Max + Spare;
        for (var looks = 0; looks < MaximumLooks; looks++)
        {
            var found = await Database.RunAsync(() => openRuns.ClaimableAsync(
                account, filter.Locations, filter.CheckTypes, limit, filter.Project, cancellation));
            foreach (var run in found.TakeWhile(_ => !claiming.IsFull))
            {
                await TakeAsync(claiming, new StreamId(account, run.SessionId), run.SequenceId);
            }

            if (claiming.Taken.Count > 0 || found.Count < limit)
            {
                return;
            }
        }
    }

    /// <summary>Claims what the waiting claim is offered; ends with the first offer that is not in vain, or with the wait.</summary>
    public async Task TakeOfferedAsync(Claiming claiming, WaitingClaim claim, CancellationToken over)
    {
        while (claiming.Taken.Count == 0 && await HasOfferAsync(claim, over))
        {
            while (!claiming.IsFull && !over.IsCancellationRequested && claim.Offers.TryRead(out var run))
            {
                if (!await TakeAsync(claiming, run.Stream, run.SequenceId))
                {
                    waiting.Return(claim);
                }
            }
        }
    }

    private static async Task<bool> HasOfferAsync(WaitingClaim claim, CancellationToken over)
    {
        try
        {
            return await claim.Offers.WaitToReadAsync(over);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<bool> TakeAsync(Claiming claiming, StreamId stream, Guid sequenceId)
    {
        if (sessions.Peek(stream)?.Session.FindRun(sequenceId) is { State: not RunState.Queued } || !underWay.TryAdd(sequenceId, 0))
        {
            return false;
        }

        try
        {
            return await ClaimAsync(claiming, stream, sequenceId, again: false);
        }
        finally
        {
            underWay.TryRemove(sequenceId, out _);
        }
    }

    private async Task<bool> ClaimAsync(Claiming claiming, StreamId stream, Guid sequenceId, bool again)
    {
        try
        {
            var command = new ClaimRun(sequenceId, claiming.RunnerName, leases.Seconds);
            var executed = await sessions.ExecuteAsync(
                claiming.Caller, stream.SessionId, (session, now) => ClaimRun.Decide(session, command, now), cancellation: CancellationToken.None);
            if (executed.Decision.Answer is not { } run)
            {
                return false;
            }

            var spec = await sessions.ReadSpecAsync(executed.Snapshot!, run, CancellationToken.None);
            claiming.Add(ClaimedRun.Of(executed.Snapshot!, run, secrets.Open(stream.AccountId, spec)));
            if (again)
            {
                await leases.RenewAsync(stream, sequenceId, claiming.RunnerName, CancellationToken.None);
            }

            return true;
        }
        catch (StoreUnavailableException) when (claiming.Taken.Count > 0)
        {
            // What was claimed must reach its runner, with the lease that it has.
            return true;
        }
    }
}

/// <summary>One claim under way.</summary>
/// <param name="Holds">What it has received; null when it does not say.</param>
public sealed record Claiming(Caller Caller, string RunnerName, ClaimFilter Filter, IReadOnlyCollection<Guid>? Holds)
{
    // What one answer hands over, in bytes of JSON; one run has room in it, however large it is.
    private const long MostBytes = 8 * 1024 * 1024;

    private readonly List<ClaimedRun> taken = [];
    private long bytes;

    /// <summary>What the runner holds by now.</summary>
    public IReadOnlyList<ClaimedRun> Taken => taken;

    /// <summary>Whether it can take no more, or the answer is large enough: the rest is for the next claim.</summary>
    public bool IsFull => taken.Count == Filter.Max || bytes >= MostBytes;

    /// <summary>The runner holds one more.</summary>
    public void Add(ClaimedRun run)
    {
        taken.Add(run);
        bytes += JsonSize.OfText(run.Spec);
    }
}
