using Ledger.Projections.Rebuild;

namespace Ledger.Projections.Daemon;

/// <summary>What operators ask and do about the read models and the reactions, on any host.</summary>
/// <param name="models">The read models.</param>
/// <param name="reactions">The names of the reactions, which have no rows to rebuild and stop at no event for good.</param>
public sealed class ReadModelOperations(ReadModelShard models, IReadOnlyList<string> reactions, NpgsqlDataSource dataSource)
{
    private readonly IReadOnlyList<string> names = [.. models.Models.Select(model => model.Name), .. reactions];

    private const string StatusSql = """
        select (select coalesce(max(seq_id), 0) from ledger.mt_events),
          case when asked.name = any($3) then coalesce(c.last_seq_id, 0) else coalesce(a.position, s.position, 0) end,
          case when asked.name = any($3) then c.last_updated else s.updated_at end,
          s.owner, a.name is not null, a.failed, a.error, a.stopped_at,
          r.state, r.position, r.head, r.started_at, r.started_by, r.finished_at, r.differences, r.error, r.keeps_old
        from unnest($1) with ordinality as asked(name, n)
        left join ledger.mt_event_progression c on c.name = asked.name || ':All'
        left join ledger.read_models s on s.shard = $2
        left join ledger.read_models_apart a on a.shard = $2 and a.name = asked.name
        left join ledger.projection_rebuilds r on r.name = asked.name
        order by asked.n
        """;

    /// <summary>Where each read model and each reaction stands.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<ProjectionStatus>> StatusAsync(CancellationToken cancellation = default)
    {
        var found = await dataSource.QueryAsync(StatusSql, [names.ToArray(), ReadModelShard.Shard, reactions.ToArray()], ReadStatus, cancellation);
        return [.. found.Zip(names, (status, name) => status with { Name = name, Version = Find(name)?.Version ?? 1 })];
    }

    private ProjectionStatus ReadStatus(NpgsqlDataReader row)
    {
        var (head, position, owner) = (row.GetInt64(0), row.GetInt64(1), row.GetStringOrNull(3));
        var stopped = row.IsDBNull(5) ? null : new ProjectionError(row.GetInt64(5), row.GetString(6), row.GetFieldValue<DateTimeOffset>(7));
        var state = stopped is not null ? ProjectionState.Stopped
            : row.GetBoolean(4) ? ProjectionState.CatchingUp
            : owner == models.Owner ? ProjectionState.Running
            : ProjectionState.Standby;
        return new ProjectionStatus("", 1, position, Math.Max(0, head - position), state, owner, stopped)
        {
            Head = head,
            UpdatedAt = row.GetFieldValue<DateTimeOffset?>(2),
            Rebuild = row.IsDBNull(8) ? null : ReadRebuild(row),
        };
    }

    /// <summary>The shards that have not moved for some time although there are events for them, whichever host keeps them.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<string>> StuckAsync(TimeSpan time, CancellationToken cancellation) => await dataSource.QueryAsync(
        """
        with kept as (
          select shard as name, position, updated_at from ledger.read_models where shard = $1
          union all select name, last_seq_id, last_updated from ledger.mt_event_progression where name = any($2))
        select split_part(kept.name, ':', 1) from kept
        cross join lateral (
          select e.timestamp from ledger.mt_events e
          where e.seq_id > coalesce(kept.position, 0) and e.type <> 'tombstone' order by e.seq_id limit 1
        ) next
        where coalesce(kept.updated_at, '-infinity') < clock_timestamp() - $3 and next.timestamp < clock_timestamp() - $3
        order by 1
        """,
        [ReadModelShard.Shard, reactions.Select(reaction => $"{reaction}:All").ToArray(), time],
        row => row.GetString(0),
        cancellation);

    /// <summary>Has a stopped read model try its event again.</summary>
    /// <param name="model">Its name.</param>
    /// <param name="actor">Who asks; kept with the action.</param>
    /// <returns>False when it was not stopped.</returns>
    /// <exception cref="ArgumentException">There is no read model of that name.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<bool> RetryAsync(string model, string actor, CancellationToken cancellation = default) =>
        StoppedModels.GoOnAsync(dataSource, Known(model), null, null, actor, cancellation);

    /// <summary>Has a stopped read model leave out the event that it stopped at, in this and in every later rebuild.</summary>
    /// <param name="model">Its name.</param>
    /// <param name="position">The event that is meant: one at which it has not stopped is not left out.</param>
    /// <param name="reason">Why.</param>
    /// <param name="actor">Who asks; kept with the action.</param>
    /// <returns>False when it has not stopped at that event.</returns>
    /// <exception cref="ArgumentException">There is no read model of that name.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<bool> SkipAsync(
        string model, long position, string reason, string actor, CancellationToken cancellation = default) =>
        StoppedModels.GoOnAsync(dataSource, Known(model), position, reason, actor, cancellation);

    /// <summary>What was done to a read model by hand, newest first.</summary>
    /// <param name="model">Its name.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="before">Only those before the one of this number.</param>
    /// <exception cref="ArgumentException">There is no read model of that name.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<ProjectionAction>> ActionsAsync(
        string model, int limit, long before = long.MaxValue, CancellationToken cancellation = default) =>
        await ProjectionAction.ReadAsync(dataSource, [Known(model)], limit, before, cancellation);

    /// <summary>The newest actions of each read model, newest first.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<ILookup<string, ProjectionAction>> ActionsAsync(int limitOfEach, CancellationToken cancellation = default) =>
        (await ProjectionAction.ReadAsync(
            dataSource, [.. names], limitOfEach, long.MaxValue, cancellation))
        .ToLookup(action => action.Projection, StringComparer.Ordinal);

    /// <summary>Has a read model's rows made anew from the first event on, beside those that serve, and put in their place.</summary>
    /// <param name="model">Its name.</param>
    /// <param name="actor">Who asks; kept with the rebuild.</param>
    /// <exception cref="ArgumentException">There is no read model of that name.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<RebuildRequest> RebuildAsync(string model, string actor, CancellationToken cancellation = default) =>
        Find(model) is { } kept ? RebuildRequests.StartAsync(dataSource, kept, actor, cancellation) : Task.FromResult(RebuildRequest.Nothing);

    /// <summary>Lets go of the copy that a finished rebuild has replaced, and of what a failed one has left.</summary>
    /// <inheritdoc cref="RebuildAsync"/>
    public Task<RebuildRequest> DiscardAsync(string model, string actor, CancellationToken cancellation = default) =>
        Find(model) is { } kept ? RebuildRequests.DiscardAsync(dataSource, kept, actor, cancellation) : Task.FromResult(RebuildRequest.Nothing);

    /// <summary>Whether there is a read model or a reaction of that name.</summary>
    public bool Knows(string model) => names.Contains(model);

    private static ProjectionRebuild ReadRebuild(NpgsqlDataReader row) => new(
        Words<RebuildState>.Read(row.GetString(8)),
        row.GetInt64(9),
        row.GetInt64(10),
        row.GetFieldValue<DateTimeOffset>(11),
        row.GetString(12),
        row.GetFieldValue<DateTimeOffset?>(13),
        row.GetFieldValue<long?>(14),
        row.GetStringOrNull(15),
        row.GetBoolean(16));

    private string Known(string model) => Knows(model) ? model : throw new ArgumentException($"There is no read model {model}.", nameof(model));

    private Projection? Find(string model) => models.Models.FirstOrDefault(known => known.Name == Known(model));
}

/// <summary>Where a projection stands.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Position">The last event that is in its rows.</param>
/// <param name="Lag">How many events it is behind.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Owner">The host that owns it or owned it last; null when nobody ever did.</param>
/// <param name="Stopped">Why it stopped; null unless it has.</param>
public sealed record ProjectionStatus(
    string Name, int Version, long Position, long Lag, ProjectionState State, string? Owner, ProjectionError? Stopped)
{
    /// <summary>The position of the last event that there is: what it comes up to.</summary>
    public long Head { get; init; }

    /// <summary>When its position last changed, by the database's clock; null before it was ever kept.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Its last rebuild; null when there was none.</summary>
    public ProjectionRebuild? Rebuild { get; init; }
}

/// <summary>An event that a projection cannot handle.</summary>
/// <param name="Position">The event's position.</param>
/// <param name="Message">What happened.</param>
/// <param name="At">When, by the database's clock.</param>
public sealed record ProjectionError(long Position, string Message, DateTimeOffset At);

/// <summary>What a projection is doing, seen from one host.</summary>
public enum ProjectionState
{
    /// <summary>Another host keeps it, or this one is about to.</summary>
    Standby,

    /// <summary>It is brought to where the others are, apart from them.</summary>
    CatchingUp,

    /// <summary>This host owns it and keeps it up to date.</summary>
    Running,

    /// <summary>It met an event that it cannot handle and waits to be told to try again; the others go on.</summary>
    Stopped,
}
