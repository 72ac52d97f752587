using JasperFx.Events;
using JasperFx.Events.Daemon;
using JasperFx.Events.Projections;
using Marten;
using Marten.Subscriptions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ledger.Projections.Daemon;

/// <summary>
/// Keeps all read models by one shard of Marten's daemon (docs/projections.md): the daemon says which host does it and how far the log is safe to
/// read, the shard reads it in pages that are bounded in events and in bytes, as Marten's own are not. A page is loaded and parsed once, each model
/// folds it, and everything is written in one transaction with the position. A model that cannot handle an event stops alone, and says so; the
/// others go on.
/// </summary>
public sealed partial class ReadModelShard : SubscriptionBase
{
    /// <summary>The name of the shard.</summary>
    public const string ShardName = "ReadModels";

    /// <summary>The name under which Marten keeps its checkpoint, and the ledger its position.</summary>
    public const string Shard = $"{ShardName}:All";

    private readonly NpgsqlDataSource dataSource;
    private readonly ILogger log;
    private readonly EventLog store;
    private readonly string[] aliases;
    private NpgsqlConnection? kept; // From one range to the next, so that the server need not plan its statements anew.
    private bool isAnnounced;

    /// <summary>A shard that does nothing before Marten's daemon starts it.</summary>
    /// <param name="models">The models; each name once.</param>
    /// <param name="owner">What this host calls itself in the status; null for machine and process.</param>
    /// <param name="log">Where a model that stops is told; null for nowhere.</param>
    /// <exception cref="ArgumentException">Two models have one name.</exception>
    public ReadModelShard(
        IReadOnlyList<Projection> models, NpgsqlDataSource dataSource, string? owner = null, ILogger<ReadModelShard>? log = null)
    {
        if (models.DistinctBy(model => model.Name).Count() != models.Count)
        {
            throw new ArgumentException("Each read model is named once.", nameof(models));
        }

        this.dataSource = dataSource;
        this.log = log ?? NullLogger<ReadModelShard>.Instance;
        Models = models;
        Owner = owner ?? $"{Environment.MachineName}:{Environment.ProcessId}";
        store = new EventLog(dataSource);
        aliases = [.. models.SelectMany(model => model.Handles).Distinct().Select(EventTypes.AliasOf)];
        Name = ShardName;
        IncludeArchivedEvents = true;
        IncludeType<Archived>(); // The ledger writes none: Marten finds nothing to load, and hands on how far the log is safe to read.
    }

    /// <summary>The models.</summary>
    public IReadOnlyList<Projection> Models { get; }

    /// <summary>What this host calls itself.</summary>
    public string Owner { get; }

    /// <summary>How many positions a page spans at most; it ends early where its events are large.</summary>
    public int PageSize { get; init; } = 2_000;

    /// <summary>Has the status say that this host keeps the models as soon as it begins to, and not with its first page, which may be long in coming.</summary>
    /// <param name="isKept">Whether Marten's daemon runs the shard on this host.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task AnnounceAsync(bool isKept, CancellationToken cancellation)
    {
        if (isKept && !isAnnounced)
        {
            await using var connection = await dataSource.OpenConnectionAsync(cancellation);
            await connection.ExecuteAsync("update ledger.read_models set owner = $2 where shard = $1", [Shard, Owner], cancellation);
        }

        isAnnounced = isKept;
    }

    /// <summary>Brings the models to the end of a range that is safe to read, in as many pages and transactions as that takes.</summary>
    public override async Task<IChangeListener> ProcessEventsAsync(
        EventRange page, ISubscriptionController controller, IDocumentOperations operations, CancellationToken cancellationToken)
    {
        // Marten has a shard that is stopped come to the end of its range, which may be the whole log: it ends at the next page instead.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken, controller is SubscriptionAgent agent ? agent.CancellationToken : CancellationToken.None);
        cancellationToken = either.Token;

        var connection = Interlocked.Exchange(ref kept, null) ?? await ConnectAsync(cancellationToken);
        try
        {
            // A page that the database refuses is prepared once more, so that it is found out whose statements they are.
            long? refused = null;
            for (var position = 0L; position < page.SequenceCeiling;)
            {
                var states = await ReadModelStates.ReadAsync(connection, Shard, cancellationToken);
                try
                {
                    position = states.Position < page.SequenceCeiling
                        ? await WriteAsync(connection, states, page.SequenceCeiling, isCareful: refused == states.Position, cancellationToken)
                        : states.Position;
                }
                catch (PostgresException refusal) when (!Outage.Is(refusal) && refused != states.Position)
                {
                    refused = states.Position;
                }
            }

            connection = Interlocked.Exchange(ref kept, connection);
        }
        finally
        {
            if (connection is not null)
            {
                await connection.DisposeAsync();
            }
        }

        return NullChangeListener.Instance;
    }

    /// <summary>Gives back the connection that it keeps.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref kept, null) is { } connection)
        {
            await connection.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellation)
    {
        var connection = await dataSource.OpenConnectionAsync(cancellation);
        try
        {
            await ProjectionSchema.UseAsync(connection, ProjectionSchema.Live, cancellation);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes one page, and says how far the models have come by it; where nothing was written, that is nowhere.</summary>
    private async Task<long> WriteAsync(NpgsqlConnection connection, ReadModelStates states, long ceiling, bool isCareful, CancellationToken cancellation)
    {
        if (states.Kept.Except(Models.Select(model => (model.Name, model.Version))).ToList() is { Count: > 0 } others)
        {
            await LeaveAsync(connection, states, others, cancellation);
            return 0;
        }

        var page = await store.ReadPageAsync(states.Position, Math.Min(ceiling, states.Position + PageSize), aliases, cancellation);
        var statements = new List<NpgsqlBatchCommand>();
        foreach (var model in Models.Where(model => !states.Apart.Contains(model.Name)))
        {
            var prepared = await PreparedPage.OfAsync(model, connection, page, states.Skipped, isCareful, cancellation);
            statements.AddRange(prepared.Statements);
            if (prepared.Failure is { } failure)
            {
                LogStopped(failure.Cause, model.Name, failure.Position);
                statements.AddRange([StoppedModels.Stop(Shard, model, failure), StoppedModels.NextGeneration(Shard)]);
            }
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (!await MoveAsync(connection, states, page.Through, cancellation))
        {
            return 0;
        }

        await connection.ExecuteAsync(statements, cancellation);
        await transaction.CommitAsync(cancellation);
        return page.Through;
    }

    /// <summary>
    /// Puts apart the models that this host does not have, or not in that version: hosts that do bring them forward from here on. So an older host
    /// and a newer one live side by side, and neither writes what the other has to.
    /// </summary>
    private async Task LeaveAsync(
        NpgsqlConnection connection, ReadModelStates states, IEnumerable<(string Name, int Version)> others, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await connection.ExecuteAsync(
            "update ledger.read_models set generation = generation + 1 where shard = $1 and generation = $2 and position = $3",
            [Shard, states.Generation, states.Position],
            cancellation) == 1)
        {
            await connection.ExecuteAsync(
                [.. others.Select(other => Sql.Of(
                    "insert into ledger.read_models_apart (shard, name, position) values ($1, $2, $3)", Shard, other.Name, states.Position))],
                cancellation);
            await transaction.CommitAsync(cancellation);
        }
    }

    /// <summary>
    /// Moves the position, unless the page was prepared for other models than the shard keeps now, or another host has counted it: then nothing of it
    /// is written, however late it comes. The commit need not wait for the disk: rows and position are lost together, and made again from the events.
    /// </summary>
    private async Task<bool> MoveAsync(NpgsqlConnection connection, ReadModelStates states, long through, CancellationToken cancellation) =>
        await connection.ExecuteAsync(
            """
            update ledger.read_models set position = $4, owner = $5, updated_at = clock_timestamp()
            where shard = $1 and generation = $2 and position = $3 and set_config('synchronous_commit', 'off', true) is not null
            """,
            [Shard, states.Generation, states.Position, through, Owner],
            cancellation) == 1;

    [LoggerMessage(LogLevel.Error, "Read model {Model} stopped: it cannot handle the event at position {Position}.")]
    private partial void LogStopped(Exception failure, string model, long position);
}
