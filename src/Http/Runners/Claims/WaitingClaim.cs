using System.Threading.Channels;
using Ledger.Store;

namespace Ledger.Http.Runners.Claims;

/// <summary>A run that was queued or has become claimable just now.</summary>
public readonly record struct QueuedRun(StreamId Stream, Guid SequenceId, string Location, string CheckType);

/// <summary>One claim that waits for runs. It is offered runs, and tries to claim them; another may be faster.</summary>
public sealed class WaitingClaim(Guid accountId, ClaimFilter filter, Action<WaitingClaim> left) : IDisposable
{
    private readonly Channel<QueuedRun> offers = Channel.CreateUnbounded<QueuedRun>(new UnboundedChannelOptions { SingleReader = true });

    public Guid AccountId => accountId;

    public ClaimFilter Filter => filter;

    /// <summary>How many runs it may still be offered; only under the lock of <see cref="WaitingClaims"/>.</summary>
    public int Room { get; set; } = filter.Max;

    /// <summary>The runs that it was offered.</summary>
    public ChannelReader<QueuedRun> Offers => offers.Reader;

    public bool Matches(string location, string checkType) =>
        filter.Locations.Contains(location) && filter.CheckTypes.Contains(checkType);

    /// <summary>Offers a run; only under the lock of <see cref="WaitingClaims"/>, and while there is room.</summary>
    public void Offer(QueuedRun run)
    {
        Room--;
        offers.Writer.TryWrite(run);
    }

    public void Dispose() => left(this);
}
