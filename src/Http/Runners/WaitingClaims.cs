using System.Threading.Channels;

namespace Ledger.Http.Runners;

/// <summary>
/// The claims that wait on this host, first come, first served. Each queued run is offered to one of them, so that a run wakes one
/// runner and not all.
/// </summary>
public sealed class WaitingClaims
{
    private readonly Lock gate = new();
    private readonly Dictionary<Guid, LinkedList<WaitingClaim>> byAccount = [];

    /// <summary>The accounts that somebody waits in.</summary>
    public IReadOnlyList<Guid> Accounts
    {
        get
        {
            lock (gate)
            {
                return [.. byAccount.Keys];
            }
        }
    }

    /// <summary>Begins to wait; disposing the result ends it, and passes on what was offered and not taken.</summary>
    public WaitingClaim Enter(Guid accountId, ClaimFilter filter)
    {
        var claim = new WaitingClaim(accountId, filter, Leave);
        lock (gate)
        {
            if (!byAccount.TryGetValue(accountId, out var waiting))
            {
                byAccount.Add(accountId, waiting = []);
            }

            waiting.AddLast(claim);
        }

        return claim;
    }

    /// <summary>Offers runs of one account, in their order, each to the first who can take it. A run that nobody can take is left.</summary>
    public void Offer(Guid accountId, IEnumerable<QueuedRun> runs)
    {
        lock (gate)
        {
            if (!byAccount.TryGetValue(accountId, out var waiting))
            {
                return;
            }

            foreach (var alike in runs.GroupBy(run => (run.Project, run.Location, run.CheckType)))
            {
                var takers = waiting.Where(claim => claim.Matches(alike.Key.Project, alike.Key.Location, alike.Key.CheckType)).GetEnumerator();
                var isTaker = takers.MoveNext();
                foreach (var run in alike)
                {
                    while (isTaker && takers.Current.Room == 0)
                    {
                        isTaker = takers.MoveNext();
                    }

                    if (!isTaker)
                    {
                        break;
                    }

                    takers.Current.Offer(run);
                }
            }
        }
    }

    /// <summary>An offered run was gone: the claim has room for another again.</summary>
    public void Return(WaitingClaim claim)
    {
        lock (gate)
        {
            claim.Room++;
        }
    }

    /// <summary>
    /// What the waiting claims of an account can take, one entry for each project and set of check types, so that every location of an entry
    /// goes with every type of it.
    /// </summary>
    public IReadOnlyList<ClaimFilter> NeedsOf(Guid accountId)
    {
        lock (gate)
        {
            if (!byAccount.TryGetValue(accountId, out var waiting))
            {
                return [];
            }

            return
            [
                .. waiting
                    .Where(claim => claim.Room > 0)
                    .GroupBy(claim => claim.Filter.Project, StringComparer.Ordinal)
                    .SelectMany(claims => claims.GroupBy(claim => claim.Filter.CheckTypes, HashSet<string>.CreateSetComparer()))
                    .Select(claims => new ClaimFilter(
                        claims.SelectMany(claim => claim.Filter.Locations).ToHashSet(StringComparer.Ordinal),
                        claims.Key,
                        claims.First().Filter.Project,
                        claims.Sum(claim => claim.Room))),
            ];
        }
    }

    private void Leave(WaitingClaim claim)
    {
        var passedOn = new List<QueuedRun>();
        lock (gate)
        {
            if (!byAccount.TryGetValue(claim.AccountId, out var waiting) || !waiting.Remove(claim))
            {
                return;
            }

            if (waiting.Count == 0)
            {
                byAccount.Remove(claim.AccountId);
            }

            while (claim.Offers.TryRead(out var run))
            {
                passedOn.Add(run);
            }
        }

        Offer(claim.AccountId, passedOn);
    }
}

/// <summary>A run that was queued or has become claimable just now.</summary>
public readonly record struct QueuedRun(
    StreamId Stream, string? Project, Guid SequenceId, string Location, string CheckType);

/// <summary>One claim that waits for runs. It is offered runs, and tries to claim them; another may be faster.</summary>
public sealed class WaitingClaim(Guid accountId, ClaimFilter filter, Action<WaitingClaim> left) : IDisposable
{
    private readonly Channel<QueuedRun> offers = Channel.CreateUnbounded<QueuedRun>(new UnboundedChannelOptions { SingleReader = true });
    private IReadOnlyList<IDisposable> following = [];

    public Guid AccountId => accountId;

    public ClaimFilter Filter => filter;

    /// <summary>How many runs it may still be offered; only under the lock of <see cref="WaitingClaims"/>.</summary>
    public int Room { get; set; } = filter.Max;

    /// <summary>The runs that it was offered.</summary>
    public ChannelReader<QueuedRun> Offers => offers.Reader;

    public bool Matches(string? project, string location, string checkType) =>
        (filter.Project is null || string.Equals(filter.Project, project, StringComparison.Ordinal))
        && filter.Locations.Contains(location)
        && filter.CheckTypes.Contains(checkType);

    /// <summary>Offers a run; only under the lock of <see cref="WaitingClaims"/>, and while there is room.</summary>
    public void Offer(QueuedRun run)
    {
        Room--;
        offers.Writer.TryWrite(run);
    }

    /// <summary>Keeps what wakes it until it ends.</summary>
    public void Follow(IReadOnlyList<IDisposable> topics) => following = topics;

    public void Dispose()
    {
        foreach (var topic in following)
        {
            topic.Dispose();
        }

        left(this);
    }
}
