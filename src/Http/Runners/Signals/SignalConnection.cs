using System.Threading.Channels;

namespace Ledger.Http.Runners.Signals;

/// <summary>
/// One open signal stream. Bounded: a runner that does not read loses the stream, and finds on its next one, or with its next heartbeat,
/// whatever is still open.
/// </summary>
public sealed class SignalConnection(Action<SignalConnection> ended) : IDisposable
{
    private const int Capacity = 256;

    private readonly Channel<IReadOnlyList<CancelSignal>> channel = Channel.CreateBounded<IReadOnlyList<CancelSignal>>(
        new BoundedChannelOptions(Capacity) { SingleReader = true });

    /// <summary>What to write, one batch for each request to cancel; completed when the runner does not keep up.</summary>
    public ChannelReader<IReadOnlyList<CancelSignal>> Signals => channel.Reader;

    /// <summary>Hands over signals; never blocks.</summary>
    public void Offer(IReadOnlyList<CancelSignal> signals)
    {
        if (!channel.Writer.TryWrite(signals))
        {
            Close();
        }
    }

    /// <summary>Ends the stream after what was handed over.</summary>
    public void Close() => channel.Writer.TryComplete();

    public void Dispose() => ended(this);
}
