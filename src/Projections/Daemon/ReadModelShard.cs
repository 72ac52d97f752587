using JasperFx.Events;
using JasperFx.Events.Daemon;
using JasperFx.Events.Projections;
using Ledger.Serialization;
using Ledger.Sessions.Events;
using Ledger.Store;
using Marten;
using Marten.Subscriptions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>
/// Keeps all read models by one shard of Marten's daemon: a page of events is loaded and parsed once, each model folds it, and everything is
/// written in one transaction with the checkpoint (docs/projections.md). A model that cannot handle an event stops alone, and says so; the
/// others go on. It is a subscription and no projection because a projection of Marten's gets a page piece by piece, one account after the
/// other.
/// </summary>
public sealed partial class ReadModelShard : SubscriptionBase
{
    /// <summary>The name of the shard.</summary>
    public const string ShardName = "ReadModels";

    /// <summary>The name under which Marten keeps the checkpoint.</summary>
    public const string Shard = $"{ShardName}:All";

    private readonly IReadOnlyList<Projection> models;
    private readonly NpgsqlDataSource dataSource;
    private readonly string owner;
    private readonly ILogger log;
    private readonly EventLog store;
    private readonly string[] aliases;
    private long attempted;

    /// <summary>A shard that does nothing before Marten's daemon starts it.</summary>
    /// <param name="models">The models; each name once.</param>
    /// <param name="dataSource">The same database as Marten's.</param>
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

        this.models = models;
        this.dataSource = dataSource;
        store = new EventLog(dataSource);
        aliases = [.. models.SelectMany(model => model.Handles).Distinct().Select(EventTypes.AliasOf)];
        this.owner = owner ?? $"{Environment.MachineName}:{Environment.ProcessId}";
        this.log = log ?? NullLogger<ReadModelShard>.Instance;
        Name = ShardName;
        IncludeArchivedEvents = true;
        Options.BatchSize = 2_000;
        foreach (var type in models.SelectMany(model => model.Handles).Distinct())
        {
            IncludeType(type);
        }
    }

    /// <summary>The models.</summary>
    public IReadOnlyList<Projection> Models => models;

    /// <summary>What this host calls itself.</summary>
    public string Owner => owner;

    /// <summary>Prepares what a page changes in each model, for Marten to commit.</summary>
    public override async Task<IChangeListener> ProcessEventsAsync(
        EventRange page, ISubscriptionController controller, IDocumentOperations operations, CancellationToken cancellationToken)
    {
        if (page.Events.Count > 0)
        {
            await PrepareAsync(operations, page.Events, cancellationToken);
        }

        return NullChangeListener.Instance;
    }

    private async Task PrepareAsync(IDocumentOperations operations, IReadOnlyList<IEvent> events, CancellationToken cancellation)
    {
        var (first, last) = (events[0].Sequence, events[^1].Sequence);

        // A page that comes again has failed: then it is found out whose statements the database refuses.
        var isCareful = attempted == first;
        attempted = first;
        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        await ProjectionSchema.UseAsync(connection, ProjectionSchema.Live, cancellation);
        var states = await ReadModelStates.ReadAsync(connection, Shard, first - 1, cancellation);
        if (models.FirstOrDefault(model => states.Versions.GetValueOrDefault(model.Name) > model.Version) is { } outdated)
        {
            throw new InvalidOperationException($"A newer host has made the rows of {outdated.Name} anew: only hosts of its version keep them.");
        }

        operations.QueueOperation(new Statement(Guard(states.Generation, first, last)));
        operations.QueueOperation(new Statement(new NpgsqlBatchCommand($"set local search_path to {ProjectionSchema.Live}")));
        var page = RecordedEvents.Of(events);
        var unreadable = await UnreadableAsync(page.Count, connection, last, cancellation);
        foreach (var model in models.Where(model => !states.Apart.ContainsKey(model.Name)))
        {
            var prepared = await PreparedPage.OfAsync(model, connection, page, unreadable, states.Skipped, isCareful, cancellation);
            foreach (var statement in prepared.Statements)
            {
                operations.QueueOperation(new Statement(statement));
            }

            if (prepared.Failure is { } failure)
            {
                LogStopped(failure.Cause, model.Name, failure.Position);
                operations.QueueOperation(new Statement(StoppedModels.Stop(Shard, model, failure)));
                operations.QueueOperation(new Statement(StoppedModels.NextGeneration(Shard)));
            }
        }
    }

    /// <summary>
    /// Those events since the last one that was counted which Marten could not read and has passed over without a word: a model that would have
    /// to handle one stops at it, as it does in a rebuild.
    /// </summary>
    private async Task<IReadOnlyList<UnreadableEvent>> UnreadableAsync(
        int read, NpgsqlConnection connection, long last, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            select r.position, count(e.seq_id) from ledger.read_models r
            left join ledger.mt_events e on e.seq_id > r.position and e.seq_id <= $2 and e.type = any($3)
            where r.shard = $1 group by r.position
            """,
            connection)
        {
            Parameters = { SqlValue.Of(Shard), SqlValue.Of(last), new NpgsqlParameter<string[]> { TypedValue = aliases } },
        };
        await command.PrepareAsync(cancellation);
        long through;
        await using (var reader = await command.ExecuteReaderAsync(cancellation))
        {
            if (!await reader.ReadAsync(cancellation) || reader.GetInt64(1) <= read)
            {
                return [];
            }

            through = reader.GetInt64(0);
        }

        // Pages end early where their events are large.
        var unreadable = new List<UnreadableEvent>();
        while (through < last)
        {
            var page = await store.ReadPageAsync(through, last, aliases, cancellation);
            unreadable.AddRange(page.Unreadable);
            through = page.Through;
        }

        return unreadable;
    }

    private NpgsqlBatchCommand Guard(long generation, long first, long last) => new("call ledger.guard_read_models($1, $2, $3, $4, $5)")
    {
        Parameters =
        {
            SqlValue.Of(Shard), SqlValue.Of(generation), SqlValue.Of(first), SqlValue.Of(last), SqlValue.Of(owner),
        },
    };

    [LoggerMessage(LogLevel.Error, "Read model {Model} stopped: it cannot handle the event at position {Position}.")]
    private partial void LogStopped(Exception failure, string model, long position);
}

/// <summary>Events as the models read them.</summary>
internal static class RecordedEvents
{
    /// <summary>Those that are facts of sessions.</summary>
    public static IReadOnlyList<RecordedEvent> Of(IReadOnlyList<IEvent> events)
    {
        var recorded = new List<RecordedEvent>(events.Count);
        foreach (var each in events)
        {
            if (each.Data is ISessionEvent data)
            {
                recorded.Add(new RecordedEvent(
                    each.Sequence,
                    each.Id,
                    new StreamId(Guid.Parse(each.TenantId), each.StreamId),
                    each.Version,
                    data,
                    each.EventTypeName,
                    new EventContext(each.UserName, each.CorrelationId, each.CausationId)));
            }
        }

        return recorded;
    }
}
