using System.Diagnostics;
using Ledger.Http.Hosting;
using Ledger.Projections;
using Ledger.Projections.Daemon;
using Ledger.Projections.Rebuild;
using Ledger.Store.Postgres;
using Marten;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using EventLog = Ledger.Store.EventLog;

namespace Ledger.Bench.CatchUp;

/// <summary>Some read models, kept by Marten's daemon in this process as a host that is alone keeps them.</summary>
internal sealed class ReadModels : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly NpgsqlDataSource source;
    private readonly DocumentStore store;
    private readonly ReadModelShard shard;

    private ReadModels(NpgsqlDataSource source, IReadOnlyList<Projection> models)
    {
        this.source = source;
        shard = new ReadModelShard(models, source);
        store = DocumentStore.For(options =>
        {
            options.Connection(source);
            LedgerStore.Configure(options, LedgerDatabase.Parts);
            options.AddReadModels(shard);
        });
    }

    /// <summary>Applies the schema, and gives the tables that the read models have added to it.</summary>
    public static async Task<IReadOnlyList<string>> MakeTablesAsync(NpgsqlDataSource source)
    {
        var before = await TablesAsync(source);
        await SchemaUpgrade.ApplyAsync(source, LedgerDatabase.Parts, CancellationToken.None);
        return [.. (await TablesAsync(source)).Except(before)];
    }

    /// <summary>Empties the tables, and has the models start at the first event.</summary>
    public static async Task<ReadModels> FromTheStartAsync(NpgsqlDataSource source, IReadOnlyList<string> tables, IReadOnlyList<Projection> models)
    {
        await using var command = source.CreateCommand(
            $"truncate {string.Join(", ", tables.Select(table => $"ledger.{table}"))}; delete from ledger.mt_event_progression; delete from ledger.read_models");
        await command.ExecuteNonQueryAsync();
        await RegisteredModels.RegisterAsync(source, models);
        return new ReadModels(source, models);
    }

    /// <summary>Has the daemon start, and waits until every model has come to the head.</summary>
    /// <param name="head">The position of the last event.</param>
    /// <param name="look">Called now and then meanwhile.</param>
    /// <exception cref="TimeoutException">They do not come so far.</exception>
    public async Task<TimeSpan> CatchUpAsync(long head, Action? look = null)
    {
        var progress = new ReadModelProgress(source);
        var clock = Stopwatch.StartNew();
        using var daemon = await store.BuildProjectionDaemonAsync(logger: NullLogger.Instance);
        await daemon.StartAllAsync();
        var all = Task.WhenAll(shard.Models.Select(model => progress.WaitForAsync(model.Name, head, Patience)));
        while (!all.IsCompleted)
        {
            look?.Invoke();
            await Task.WhenAny(all, Task.Delay(Look));
        }

        var took = (await all).All(reached => reached) ? clock.Elapsed : throw new TimeoutException("The read models do not catch up.");
        await daemon.StopAllAsync();
        return took;
    }

    /// <summary>Has one model rebuilt beside itself, compared and switched.</summary>
    /// <exception cref="InvalidOperationException">The rebuild failed, or came to other rows.</exception>
    public async Task<TimeSpan> RebuildAsync(string model, EventLog log, Action look)
    {
        var operations = new ReadModelOperations(shard, [], source);
        var repairs = new Repairs(shard, log, source);
        await using var loops = new BackgroundLoops();
        var clock = Stopwatch.StartNew();
        await operations.RebuildAsync(model, "bench");
        loops.Every(Repairs.Part, Repairs.Pause, repairs.RunAsync);
        while (true)
        {
            var rebuild = (await operations.StatusAsync()).Single(status => status.Name == model).Rebuild!;
            if (rebuild is { State: RebuildState.Done or RebuildState.Failed })
            {
                return rebuild is { Differences: 0 } ? clock.Elapsed : throw new InvalidOperationException($"{model}: {rebuild}");
            }

            look();
            await Task.Delay(Look);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        await shard.DisposeAsync();
    }

    private static async Task<IReadOnlyList<string>> TablesAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("select coalesce(array_agg(tablename::text), '{}') from pg_tables where schemaname = 'ledger'");
        return (string[])(await command.ExecuteScalarAsync())!;
    }
}
