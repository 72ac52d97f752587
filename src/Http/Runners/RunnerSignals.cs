using System.Threading.Channels;
using Ledger.Http.Live;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Runners;

/// <summary>
/// Pushes cancels to the runners whose signal streams are open on this host, whichever host the cancel came to. A cancel of this host
/// costs no read: its session is in memory. Others are read together, and never by the feed itself.
/// </summary>
public sealed class RunnerSignals(SessionWriter sessions, ILogger<RunnerSignals> logger)
{
    private const int MaximumWaiting = 10_000;
    private const int MaximumBatch = 256;

    private readonly Followers<RunnerId, SignalConnection> connections = new();

    private readonly Channel<RecordedEvent> elsewhere = Channel.CreateBounded<RecordedEvent>(
        new BoundedChannelOptions(MaximumWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });

    /// <summary>Streams that are open now.</summary>
    public int Connections => connections.Count;

    /// <summary>Opens a stream for a runner: connect first, then read what is open, and nothing falls in between.</summary>
    public SignalConnection Connect(RunnerId runner, Caller caller)
    {
        var connection = new SignalConnection(caller, ended => connections.Remove(runner, ended));
        connections.Add(runner, connection);
        return connection;
    }

    /// <summary>Takes the next events of the log, in order. Never blocks.</summary>
    public void Publish(IReadOnlyList<RecordedEvent> events)
    {
        if (connections.IsEmpty)
        {
            return;
        }

        foreach (var recorded in events)
        {
            if (recorded.Data is not CancelRequested requested)
            {
                continue;
            }

            if (sessions.Peek(recorded.Stream) is { } snapshot && snapshot.Version >= recorded.Version)
            {
                Signal(snapshot, requested);
            }
            else
            {
                elsewhere.Writer.TryWrite(recorded);
            }
        }
    }

    /// <summary>Serves the cancels whose sessions have to be read first; ends with the host.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (await elsewhere.Reader.WaitToReadAsync(stopping))
        {
            var batch = new List<RecordedEvent>();
            while (batch.Count < MaximumBatch && elsewhere.Reader.TryRead(out var recorded))
            {
                batch.Add(recorded);
            }

            await SignalAsync(batch, stopping);
        }
    }

    private async Task SignalAsync(List<RecordedEvent> batch, CancellationToken stopping)
    {
        try
        {
            var read = await sessions.ReadManyAsync([.. batch.Select(recorded => recorded.Stream).Distinct()], stopping);
            var byStream = read.ToDictionary(snapshot => snapshot.Stream);
            foreach (var recorded in batch)
            {
                Signal(byStream[recorded.Stream], (CancelRequested)recorded.Data);
            }
        }
        catch (StoreUnavailableException outage)
        {
            logger.LogWarning(outage, "{Count} cancels could not be signalled; heartbeats will tell the runners", batch.Count);
        }
    }

    private void Signal(SessionSnapshot snapshot, CancelRequested requested)
    {
        var session = snapshot.Session;
        var byRunner = requested.Targets
            .Select(session.FindRun)
            .Where(run => run?.RunnerId is not null && run.Cancel?.CancelId == requested.CancelId)
            .GroupBy(run => run!.RunnerId!, StringComparer.Ordinal);
        foreach (var runs in byRunner)
        {
            var open = connections.Of(new RunnerId(session.AccountId, runs.Key));
            if (open.IsEmpty)
            {
                continue;
            }

            IReadOnlyList<CancelSignal> signals = [.. runs.Select(run => CancelSignal.For(session, run)).OfType<CancelSignal>()];
            foreach (var connection in open.Where(connection => connection.Sees(session)))
            {
                connection.Offer(signals);
            }
        }
    }
}

/// <summary>
/// One open signal stream. Bounded: a runner that does not read loses the stream, and finds on its next one, or with its next heartbeat,
/// whatever is still open.
/// </summary>
public sealed class SignalConnection(Caller caller, Action<SignalConnection> ended) : IDisposable
{
    private const int Capacity = 256;

    private readonly Channel<IReadOnlyList<CancelSignal>> channel = Channel.CreateBounded<IReadOnlyList<CancelSignal>>(
        new BoundedChannelOptions(Capacity) { SingleReader = true });

    /// <summary>What to write, one batch for each request to cancel; completed when the runner does not keep up.</summary>
    public ChannelReader<IReadOnlyList<CancelSignal>> Signals => channel.Reader;

    /// <summary>Whether whoever opened the stream may know of a session.</summary>
    public bool Sees(Session session) => caller.Sees(session);

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
