using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Streams;
using Ledger.Support;
using Marten;
using Marten.Services;
using Npgsql;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Streams;

/// <summary>A test class's own database, with Marten's schema in it.</summary>
public sealed class WriterDatabase : IAsyncLifetime
{
    private readonly TestDatabase database = new();

    public NpgsqlDataSource Source { get; private set; } = null!;

    public string ConnectionString => database.ConnectionString;

    public Task InitializeAsync()
    {
        Source = NpgsqlDataSource.Create(database.ConnectionString);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await Source.DisposeAsync();
        database.Dispose();
    }
}

/// <summary>One host on a database that it may share with others, and a stream of the test's own.</summary>
internal sealed class Host : IAsyncDisposable
{
    private readonly CommitGate gate = new();
    private readonly DocumentStore store;

    public Host(WriterDatabase database, StreamId stream)
        : this(database.Source, stream)
    {
    }

    public Host(NpgsqlDataSource source, StreamId stream)
    {
        Stream = stream;
        store = DocumentStore.For(options =>
        {
            options.Connection(source);
            LedgerStore.Configure(options);
            options.Listeners.Add(gate);
        });
        Log = new EventLog(source);
        var cache = new SessionCache(10_000_000);
        Changes = new SessionChanges(Log, cache, [ByLocation]);
        Notes = new ChangeNotes(source, Changes, Loops);
        Streams = new SessionWriter(store, Log, cache, Changes, Clock);
    }

    public StreamId Stream { get; }

    public EventLog Log { get; }

    public SessionWriter Streams { get; }

    public SessionChanges Changes { get; }

    public ChangeNotes Notes { get; }

    public BackgroundLoops Loops { get; } = new();

    public FakeClock Clock { get; } = new(Now);

    /// <summary>How many events each commit had.</summary>
    public IReadOnlyList<int> Commits => gate.Commits;

    /// <summary>What happens right before each commit of this host.</summary>
    public Func<Task> BeforeCommit
    {
        set => gate.Before = value;
    }

    /// <summary>A host on a database in which these events stand in a stream of their own, none of them cached.</summary>
    public static async Task<Host> WithAsync(WriterDatabase database, params ISessionEvent[] events)
    {
        var host = new Host(database, new StreamId(Guid.NewGuid(), Guid.NewGuid()));
        if (events.Length > 0)
        {
            await host.WriteBehindTheBackAsync(events);
        }

        return host;
    }

    /// <summary>Another host on the same database and stream.</summary>
    public Host Other(WriterDatabase database) => new(database, Stream);

    /// <summary>The topic of everything at a location.</summary>
    public static ChangeTopic At(StreamId stream, string location) => ChangeTopic.Of(stream.AccountId, "location", location);

    /// <summary>Appends as another application would that has nothing but Marten.</summary>
    public async Task WriteBehindTheBackAsync(params ISessionEvent[] events)
    {
        await using var session = store.LightweightSession(Stream.AccountId.ToString());
        if (events[0] is SessionTriggered triggered)
        {
            events[0] = triggered with { AccountId = Stream.AccountId, SessionId = Stream.SessionId };
            session.Events.StartStream<Session>(Stream.SessionId, events.Cast<object>());
        }
        else
        {
            session.Events.Append(Stream.SessionId, events.Cast<object>());
        }

        gate.Passing.Value = true;
        await session.SaveChangesAsync();
    }

    /// <summary>Holds the next commit back: it has been decided when the first task ends, and goes on when the action is called.</summary>
    public (Task Reached, Action Release) Hold()
    {
        var (reached, released) = (NewSource(), NewSource());
        BeforeCommit = () =>
        {
            reached.TrySetResult();
            return released.Task;
        };
        return (reached.Task, () => released.TrySetResult());
    }

    public async Task<IReadOnlyList<RecordedEvent>> EventsAsync() => await Log.ReadStreamAsync(Stream, 0, default);

    public async Task<IReadOnlyList<T>> EventsAsync<T>() => [.. (await EventsAsync()).Select(recorded => recorded.Data).OfType<T>()];

    public Task<Executed<CancelAnswer>> CancelAsync(RequestCancel? command = null, string? key = null) =>
        Streams.ExecuteAsync(
            Stream,
            (session, now) => RequestCancel.Decide(
                session, command ?? Cancel() with { CancelId = Guid.NewGuid() }, CancelPolicy.Default, now),
            EventContext.None,
            key is null ? null : new Remember<CancelAnswer>(key, "cancel", "digest", Written));

    public Task<Executed<ReportAnswer>> ReportAsync(ResultReported result) =>
        Streams.ExecuteAsync(Stream, (session, now) => ReportResult.Decide(session, Report(result), now), EventContext.None);

    public async ValueTask DisposeAsync()
    {
        await Streams.DisposeAsync();
        await Loops.DisposeAsync();
        await store.DisposeAsync();
    }

    private static IEnumerable<ChangeTopic> ByLocation(SessionChange change) =>
        change.Session.Session.Runs.Select(run => At(change.Stream, run.Plan.Location)).Distinct();

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static string Written(Decision<CancelAnswer> decision) =>
        $"\"{decision.Answer?.CancelId.ToString() ?? decision.Refusal!.Kind.ToString()}\"";

    private sealed class CommitGate : DocumentSessionListenerBase
    {
        public Func<Task> Before { get; set; } = () => Task.CompletedTask;

        /// <summary>Lets what this flow of control commits pass.</summary>
        public AsyncLocal<bool> Passing { get; } = new();

        public List<int> Commits { get; } = [];

        public override Task BeforeSaveChangesAsync(IDocumentSession session, CancellationToken token) =>
            Passing.Value ? Task.CompletedTask : Before();

        /// <summary>Comes before anybody is answered, unlike what is told to others.</summary>
        public override Task AfterCommitAsync(IDocumentSession session, IChangeSet commit, CancellationToken token)
        {
            if (!Passing.Value)
            {
                Commits.Add(commit.GetEvents().Count());
            }

            return Task.CompletedTask;
        }
    }
}
