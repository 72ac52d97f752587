using Ledger.Projections.AlertChannels;
using Ledger.Projections.Daemon;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Store.Postgres;
using Ledger.Streams;
using Ledger.Support;
using Marten;
using Npgsql;

namespace Ledger.Projections.Tests.Support;

/// <summary>A ledger on a database of its own without events, with a clock to move; projections are started by the tests.</summary>
public abstract class LedgerTest : IAsyncLifetime
{
    protected static readonly Guid Account = Guid.Parse("a0000000-0000-4000-8000-000000000001");

    private readonly TestDatabase? database;
    private readonly string connectionString;
    private readonly List<IAsyncDisposable> started = [];

    protected LedgerTest()
        : this(new TestDatabase())
    {
    }

    /// <summary>On a server of the test's own.</summary>
    protected LedgerTest(string connectionString)
    {
        this.connectionString = connectionString;
        DataSource = new NpgsqlDataSourceBuilder(connectionString).Build();
        Marten = LedgerStore.Open(DataSource, typeof(ReadModelShard).Assembly);
        Store = new EventLog(DataSource);
        Streams = new SessionWriter(Marten, Store, new SessionCache(10_000_000), new SessionChanges(), Clock);
    }

    private LedgerTest(TestDatabase database)
        : this(database.ConnectionString) => this.database = database;

    protected static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    /// <summary>After connections were killed: Marten's daemon takes its time to try again.</summary>
    protected static TimeSpan Recovery { get; } = TimeSpan.FromSeconds(60);

    protected FakeClock Clock { get; } = new();

    protected NpgsqlDataSource DataSource { get; }

    protected DocumentStore Marten { get; }

    protected EventLog Store { get; }

    protected SessionWriter Streams { get; }

    /// <summary>Stores an alert channel, and gives its number.</summary>
    protected async Task<long> StoreAsync(Guid account, AlertChannel channel)
    {
        await using var documents = Marten.LightweightSession(account.ToString());
        documents.Store(channel);
        await documents.SaveChangesAsync();
        return channel.Number;
    }

    /// <summary>A server of the test's own has no schema yet.</summary>
    public Task InitializeAsync() => database is null
        ? SchemaUpgrade.ApplyAsync(DataSource, [typeof(ReadModelShard).Assembly], CancellationToken.None)
        : Task.CompletedTask;

    public virtual async Task DisposeAsync()
    {
        foreach (var each in Enumerable.Reverse(started))
        {
            await each.DisposeAsync();
        }

        await Streams.DisposeAsync();
        await Marten.DisposeAsync();
        await DataSource.DisposeAsync();
        database?.Dispose();
    }

    /// <summary>Disposed after the test, the last one first.</summary>
    protected T Keep<T>(T disposable)
        where T : IAsyncDisposable
    {
        started.Add(disposable);
        return disposable;
    }

    /// <summary>Has a daemon keep read models, until the test ends.</summary>
    protected Task<ReadModelHost> StartDaemonAsync(params Projection[] models) => StartDaemonAsync("host", null, models);

    /// <summary>In pages of some size.</summary>
    protected Task<ReadModelHost> StartDaemonAsync(int batchSize, params Projection[] models) => StartDaemonAsync("host", batchSize, models);

    /// <summary>On a host of some name, and with reactions.</summary>
    protected async Task<ReadModelHost> StartDaemonAsync(
        string owner, int? batchSize, Projection[] models, params Func<ReadModelProgress, Reaction>[] reactions) =>
        Keep(await ReadModelHost.StartAsync(connectionString, owner, batchSize, models, reactions));

    protected async Task<SessionSnapshot> TriggerAsync(TriggerSession command) =>
        (await Streams.TriggerAsync([command], EventContext.None)).Sessions.ShouldHaveSingleItem();

    protected async Task<SessionSnapshot> ExecuteAsync<T>(SessionSnapshot session, Func<Session, DateTimeOffset, Decision<T>> decide)
        where T : class
    {
        var executed = await Streams.ExecuteAsync(session.Stream, decide, EventContext.None);
        executed.Decision.Refusal.ShouldBeNull();
        return executed.Snapshot!;
    }

    protected Task<SessionSnapshot> ClaimAsync(SessionSnapshot session, string runner, int leaseSeconds = 30) => ExecuteAsync(
        session, (state, now) => ClaimRun.Decide(state, new ClaimRun(state.Runs[0].SequenceId, runner, leaseSeconds), now));

    protected Task<SessionSnapshot> StartRunAsync(SessionSnapshot session, string runner) => ExecuteAsync(
        session, (state, now) => StartRun.Decide(state, new StartRun(state.Runs[0].SequenceId, runner), now));

    protected Task<SessionSnapshot> CancelAsync(SessionSnapshot session) =>
        ExecuteAsync(session, (state, now) => RequestCancel.Decide(state, Some.Cancel(), CancelPolicy.Default, now));

    protected Task<SessionSnapshot> ReportAsync(SessionSnapshot session, string runner, bool hasFailures = false) => ExecuteAsync(
        session,
        (state, now) => ReportResult.Decide(state, Some.Result(state.Runs[0].SequenceId, runner, hasFailures: hasFailures), now));

    /// <summary>What all streams say, folded from the first event on, each with its number.</summary>
    protected async Task<IReadOnlyList<SessionSnapshot>> FoldEverythingAsync() =>
    [
        .. (await Store.ReadAllAsync(0, int.MaxValue, CancellationToken.None))
            .GroupBy(recorded => recorded.Stream)
            .Select(stream => SessionSnapshot.Fold(null, stream)!),
    ];

    protected async Task<IReadOnlyList<ISessionEvent>> EventsAsync(SessionSnapshot session) =>
        [.. (await Store.ReadStreamAsync(session.Stream, 0, CancellationToken.None)).Select(recorded => recorded.Data)];

    protected async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = DataSource.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Kills every connection of every daemon, as a crash of its host would; how many there were.</summary>
    protected Task<long> KillDaemonsAsync() => ScalarAsync<long>(
        $"""
        select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and application_name = '{ReadModelHost.Connections}'
        """);

    /// <summary>Forgets how far daemons have come; none is running.</summary>
    protected Task<long> ForgetCheckpointsAsync() => ScalarAsync<long>(
        """
        with shards as (delete from ledger.mt_event_progression where name like '%:All'),
          models as (update ledger.read_models set position = 0)
        select 1::bigint
        """);
}
