using JasperFx;
using JasperFx.Events.Daemon;
using Ledger.Projections.Daemon;
using Ledger.Projections.Rebuild;
using Ledger.Store;
using Marten;
using Npgsql;

namespace Ledger.Projections.Tests.Support;

/// <summary>
/// The read models and reactions of one host, kept by a daemon of Marten's. Several run on one database without any agreement between them,
/// as two hosts do while one of them is believed dead.
/// </summary>
public sealed class ReadModelHost : IAsyncDisposable
{
    /// <summary>What its connections call themselves.</summary>
    public const string Connections = "read models";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly BackgroundLoops loops = new();
    private readonly NpgsqlDataSource dataSource;
    private readonly NpgsqlDataSource watching; // Its connections are killed by no test.
    private readonly DocumentStore store;
    private readonly ReadModelShard shard;
    private readonly Repairs repairs;
    private IProjectionDaemon? daemon;
    private bool isStopped;

    private ReadModelHost(
        string connectionString, string owner, int? batchSize, IReadOnlyList<Projection> models, IReadOnlyList<Func<ReadModelProgress, Reaction>> reactions)
    {
        dataSource = new NpgsqlDataSourceBuilder(connectionString)
        {
            ConnectionStringBuilder = { ApplicationName = Connections },
        }.Build();
        watching = new NpgsqlDataSourceBuilder(connectionString).Build();
        shard = new ReadModelShard(models, dataSource, owner) { PageSize = batchSize ?? 2_000 };
        Progress = new ReadModelProgress(watching);
        Operations = new ReadModelOperations(shard, [], watching);
        repairs = new Repairs(shard, new EventLog(dataSource), dataSource, largest: 200);
        store = DocumentStore.For(options =>
        {
            options.Connection(dataSource);
            LedgerStore.Configure(options, typeof(ReadModelShard).Assembly);
            options.AutoCreateSchemaObjects = AutoCreate.None;
            options.AddReadModels(shard, reactions.Select(make => make(Progress)));

            // Here no host tells the daemon of commits.
            options.Projections.SlowPollingTime = options.Projections.FastPollingTime = TimeSpan.FromMilliseconds(25);
        });
    }

    /// <summary>Waits for read models.</summary>
    public ReadModelProgress Progress { get; }

    /// <summary>What does not work at the moment: what is paused cannot be started, or there is no catching up.</summary>
    public IReadOnlyDictionary<string, Exception> Faults => loops.Faults;

    /// <summary>What operators do.</summary>
    public ReadModelOperations Operations { get; }

    /// <summary>Starts it on a database whose schema is up to date.</summary>
    public static async Task<ReadModelHost> StartAsync(
        string connectionString,
        string owner,
        int? batchSize,
        IReadOnlyList<Projection> models,
        params IReadOnlyList<Func<ReadModelProgress, Reaction>> reactions)
    {
        var host = new ReadModelHost(connectionString, owner, batchSize, models, reactions);
        await RegisteredModels.RegisterAsync(host.dataSource, models);
        host.daemon = await host.store.BuildProjectionDaemonAsync();
        await host.daemon.StartAllAsync();
        host.loops.Every(Repairs.Part, Repairs.Pause, host.repairs.RunAsync);
        host.loops.Every("daemon", Pause, stopping => PausedShards.StartAsync(host.daemon, (_, _) => { }, stopping));
        return host;
    }

    /// <summary>Waits until a read model or a reaction has come to a position; false when it did not in time.</summary>
    public Task<bool> WaitForAsync(string name, long position, TimeSpan timeout) => Progress.WaitForAsync(name, position, timeout);

    /// <summary>Waits until a read model or a reaction has everything that is in the log now.</summary>
    public Task<bool> WaitForHeadAsync(string name, TimeSpan timeout) => Progress.WaitForHeadAsync(name, timeout);

    /// <summary>How a read model stands.</summary>
    public async Task<ProjectionStatus> StatusAsync(string model) =>
        (await Operations.StatusAsync()).Single(status => status.Name == model);

    /// <summary>What is known of a daemon that does not get on.</summary>
    public async Task<string> TellAsync()
    {
        await using var command = dataSource.CreateCommand(
            """
            select string_agg(line, '; ') from (
              select name || '=' || coalesce(last_seq_id, -1) as line from ledger.mt_event_progression
              union all select 'head=' || coalesce(max(seq_id), 0) from ledger.mt_events
              union all select 'guard=' || position || ' generation ' || generation from ledger.read_models
              union all select 'apart ' || name || '=' || position || coalesce(error, '') from ledger.read_models_apart
            ) lines
            """);
        var rows = await command.ExecuteScalarAsync();
        var agents = string.Join("; ", daemon!.CurrentAgents().Select(agent =>
            $"{agent.Name.Identity} {agent.Status} at {agent.Position} of {agent.HighWaterMark}: {agent.Failure?.Message}"));
        return $"{rows} | {agents} | mark {daemon.HighWaterMark()}, polled {daemon.HighWaterLastPolledAt}, stale {daemon.IsHighWaterStale} | {string.Join("; ", Faults.Values.Select(fault => fault.Message))}";
    }

    /// <summary>Has waits and operations begin with new connections; what keeps the read models goes on with its own.</summary>
    public void Reconnect() => watching.Clear();

    /// <summary>Stops it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (isStopped)
        {
            return;
        }

        isStopped = true;
        await loops.DisposeAsync();
        await daemon!.StopAllAsync();
        daemon.Dispose();
        await store.DisposeAsync();
        await shard.DisposeAsync();
        await dataSource.DisposeAsync();
        await watching.DisposeAsync();
    }
}
