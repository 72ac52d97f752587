using System.Threading.Channels;

namespace Ledger.Http.Runners;

/// <summary>
/// Pushes cancels to the runners whose signal streams are open on this host, whichever host the cancel came to. Cancels of runners that are
/// connected to another host cost this one nothing.
/// </summary>
public sealed class RunnerSignals
{
    /// <summary>The part of the host that tells runners again.</summary>
    public const string Part = "runner-signals";

    private const int AtOnce = 4;

    private readonly Followers<RunnerId, SignalConnection> connections = new();
    private readonly SessionChanges changes;
    private readonly OpenCancels openCancels;

    // Holds one wake-up at most: it is not a count, only a reason to look.
    private readonly Channel<bool> missed = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    public RunnerSignals(SessionChanges changes, OpenCancels openCancels)
    {
        (this.changes, this.openCancels) = (changes, openCancels);
        changes.WhenMissed(() => missed.Writer.TryWrite(true));
    }

    /// <summary>Streams that are open now.</summary>
    public int Connections => connections.Count;

    /// <summary>The runners that a change asks to stop something.</summary>
    public static IEnumerable<ChangeTopic> TopicsOf(SessionChange change) =>
        CancelledIn(change).Select(run => run.RunnerId!).Distinct(StringComparer.Ordinal).Select(name => TopicOf(new RunnerId(change.Stream.AccountId, name)));

    /// <summary>Opens a stream for a runner: connect first, then read what is open, and nothing falls in between.</summary>
    public SignalConnection Connect(RunnerId runner, Caller caller)
    {
        var following = changes.Follow(TopicOf(runner), Signal);
        var connection = new SignalConnection(runner, caller, ended =>
        {
            following.Dispose();
            connections.Remove(runner, ended);
        });
        connections.Add(runner, connection);
        return connection;
    }

    /// <summary>Tells runners again what is open for them when changes may have been missed; ends with the host.</summary>
    public async Task RunAsync(Action isWell, CancellationToken stopping)
    {
        while (await missed.Reader.WaitToReadAsync(stopping))
        {
            missed.Reader.TryRead(out _);
            try
            {
                await Parallel.ForEachAsync(
                    connections.All,
                    new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stopping },
                    async (connection, ending) => connection.Offer(await openCancels.ReadAsync(connection.Caller, connection.Runner.Name, ending)));
            }
            catch
            {
                missed.Writer.TryWrite(true);
                throw;
            }

            isWell();
        }
    }

    private static ChangeTopic TopicOf(RunnerId runner) => ChangeTopic.Of(runner.AccountId, "runner", runner.Name);

    /// <summary>The runs that a runner holds, and that a request in this change has asked to stop.</summary>
    private static IEnumerable<Run> CancelledIn(SessionChange change) =>
        from recorded in change.Events
        let requested = recorded.Data as CancelRequested
        where requested is not null
        from target in requested.Targets
        let run = change.Session.Session.FindRun(target)
        where run?.RunnerId is not null && run.Cancel?.CancelId == requested.CancelId
        select run;

    private void Signal(SessionChange change)
    {
        var session = change.Session.Session;
        foreach (var runs in CancelledIn(change).GroupBy(run => run.RunnerId!, StringComparer.Ordinal))
        {
            IReadOnlyList<CancelSignal> signals = [.. runs.Select(run => CancelSignal.For(session, run)).OfType<CancelSignal>()];
            foreach (var connection in connections.Of(new RunnerId(session.AccountId, runs.Key)).Where(each => each.Caller.Sees(session)))
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
public sealed class SignalConnection(RunnerId runner, Caller caller, Action<SignalConnection> ended) : IDisposable
{
    private const int Capacity = 256;

    private readonly Channel<IReadOnlyList<CancelSignal>> channel = Channel.CreateBounded<IReadOnlyList<CancelSignal>>(
        new BoundedChannelOptions(Capacity) { SingleReader = true });

    /// <summary>What to write, one batch for each request to cancel; completed when the runner does not keep up.</summary>
    public ChannelReader<IReadOnlyList<CancelSignal>> Signals => channel.Reader;

    /// <summary>Whose it is.</summary>
    public RunnerId Runner => runner;

    /// <summary>Who has opened it, and may not know of every session.</summary>
    public Caller Caller => caller;

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
