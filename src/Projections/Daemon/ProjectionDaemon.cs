using Ledger.Projections.Rebuild;
using Ledger.Store;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>
/// Keeps the projections of one host: each is owned by exactly one host, reads the log in order and commits its rows together with its
/// checkpoint, so that each event counts exactly once (docs/projections.md). Dispose it before the store and the data source.
/// </summary>
public sealed class ProjectionDaemon : IAsyncDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly RecentEvents recent = new();
    private readonly IReadOnlyList<ProjectionWorker> workers;
    private readonly CheckpointReader checkpoints;
    private readonly LeaseKeeper leases;
    private readonly Rebuilder rebuilder;
    private readonly EventLog store;
    private readonly NpgsqlDataSource dataSource;
    private readonly Func<Action<EventPage>, IDisposable>? subscribe;
    private readonly TimeProvider clock;
    private IDisposable? subscription;
    private Task running = Task.CompletedTask;

    /// <summary>A daemon that does nothing before <see cref="StartAsync"/>.</summary>
    /// <param name="projections">What to keep; each name once.</param>
    /// <param name="store">Where events are read.</param>
    /// <param name="subscribe">
    /// Where new events come from as they are written, in order, such as an event feed's <c>Subscribe</c>; null leaves the daemon to look
    /// for them itself.
    /// </param>
    /// <param name="dataSource">The same database, for rows and checkpoints, without multiplexing; a connection per projection is held.</param>
    /// <param name="settings">The pace; null for the defaults.</param>
    /// <param name="clock">
    /// The clock that paces polls and timeouts: the real one even where a test moves the ledger's, since no decision reads it. Null for
    /// the real one.
    /// </param>
    /// <param name="log">Where ownership, outages and stopped projections are told; null for nowhere.</param>
    /// <exception cref="ArgumentException">Two projections have one name, or one requires a projection that is not there.</exception>
    public ProjectionDaemon(
        IReadOnlyCollection<Projection> projections,
        EventLog store,
        Func<Action<EventPage>, IDisposable>? subscribe,
        NpgsqlDataSource dataSource,
        DaemonSettings? settings = null,
        TimeProvider? clock = null,
        ILogger<ProjectionDaemon>? log = null)
    {
        var names = projections.Select(projection => projection.Name).ToHashSet();
        if (names.Count != projections.Count || !projections.SelectMany(projection => projection.Requires).All(names.Contains))
        {
            throw new ArgumentException("Each projection is named once, and what it requires is there too.", nameof(projections));
        }

        this.store = store;
        this.subscribe = subscribe;
        this.dataSource = dataSource;
        this.clock = clock ?? TimeProvider.System;
        log ??= NullLogger<ProjectionDaemon>.Instance;
        settings ??= new DaemonSettings();
        workers = Workers(projections, projection => new ProjectionWorker(
            projection, store, dataSource, recent, Progressed, settings, this.clock, log));
        checkpoints = new CheckpointReader(workers, dataSource, settings, this.clock, log);
        leases = new LeaseKeeper(workers, dataSource, settings, this.clock, log);
        rebuilder = new Rebuilder([.. projections], store, dataSource, recent, settings, this.clock, log);
    }

    /// <summary>Starts the work, once. Ends at once; the projections catch up on their own.</summary>
    public Task StartAsync(CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        subscription = subscribe?.Invoke(Observe);
        running = Task.WhenAll(
        [
            .. workers.Select(worker => worker.RunAsync(stopping.Token)),
            checkpoints.RunAsync(stopping.Token),
            leases.RunAsync(stopping.Token),
            rebuilder.RunAsync(stopping.Token),
        ]);
        return Task.CompletedTask;
    }

    /// <summary>Where each projection stands, for every host to ask.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<ProjectionStatus>> StatusAsync(CancellationToken cancellation = default)
    {
        var stored = await StoredStatus.ReadAsync(dataSource, [.. workers.Select(worker => worker.Projection)], cancellation);
        return
        [
            .. workers.Zip(stored, static (worker, stored) => new ProjectionStatus(
                worker.Projection.Name,
                worker.Projection.Version,
                stored.Position,
                Math.Max(0, stored.Head - stored.Position),
                stored.Stopped is not null ? ProjectionState.Stopped
                    : worker.IsOwner ? ProjectionState.Running
                    : ProjectionState.Standby,
                stored.Owner,
                stored.Stopped)
            {
                Head = stored.Head,
                PerSecond = worker.PerSecond,
                UpdatedAt = stored.UpdatedAt,
                Rebuild = stored.Rebuild,
            }),
        ];
    }

    /// <summary>Waits until a projection has come to a position, whichever host owns it.</summary>
    /// <param name="projection">Its name.</param>
    /// <param name="position">The position.</param>
    /// <param name="timeout">How long to wait at most.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>False when it did not come so far in time.</returns>
    /// <exception cref="ArgumentException">There is no projection of that name.</exception>
    public async Task<bool> WaitForAsync(
        string projection, long position, TimeSpan timeout, CancellationToken cancellation = default)
    {
        var worker = Find(projection);
        using var waiter = worker.Waiters.Await(position);
        if (worker.IsOwner && worker.Position >= position)
        {
            return true;
        }

        worker.Hurry();
        checkpoints.Look();
        try
        {
            await waiter.Reached.WaitAsync(timeout, clock, cancellation);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Waits until a projection has everything that is in the log now: a reader then sees all that anybody has written.</summary>
    /// <inheritdoc cref="WaitForAsync"/>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<bool> WaitForHeadAsync(string projection, TimeSpan timeout, CancellationToken cancellation = default) =>
        await WaitForAsync(projection, await store.ReadHeadAsync(cancellation), timeout, cancellation);

    /// <summary>Has a stopped projection try its event again, whichever host owns it.</summary>
    /// <param name="projection">Its name.</param>
    /// <param name="actor">Who asks; kept with the action.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <returns>False when it was not stopped.</returns>
    /// <exception cref="ArgumentException">There is no projection of that name.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<bool> RetryAsync(string projection, string actor, CancellationToken cancellation = default) =>
        Poison.RetryAsync(dataSource, Find(projection).Projection, actor, cancellation);

    /// <summary>Has a stopped projection leave out the event that it stopped at, whichever host owns it.</summary>
    /// <param name="projection">Its name.</param>
    /// <param name="position">The event that is meant: one at which it has not stopped is not left out.</param>
    /// <param name="reason">Why.</param>
    /// <param name="actor">Who asks; kept with the action.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <returns>False when it has not stopped at that event.</returns>
    /// <exception cref="ArgumentException">There is no projection of that name.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<bool> SkipAsync(
        string projection, long position, string reason, string actor, CancellationToken cancellation = default) =>
        Poison.SkipAsync(dataSource, Find(projection).Projection, position, reason, actor, cancellation);

    /// <summary>What was done to a projection by hand, newest first.</summary>
    /// <param name="projection">Its name.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="before">Only those before the one of this number.</param>
    /// <param name="cancellation">Ends the read.</param>
    /// <exception cref="ArgumentException">There is no projection of that name.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<IReadOnlyList<ProjectionAction>> ActionsAsync(
        string projection, int limit, long before = long.MaxValue, CancellationToken cancellation = default) =>
        ProjectionAction.ReadAsync(dataSource, [Find(projection).Projection.Name], limit, before, cancellation);

    /// <summary>The newest actions of each projection, newest first.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<ILookup<string, ProjectionAction>> ActionsAsync(int limitOfEach, CancellationToken cancellation = default) =>
        (await ProjectionAction.ReadAsync(
            dataSource, [.. workers.Select(worker => worker.Projection.Name)], limitOfEach, long.MaxValue, cancellation))
        .ToLookup(action => action.Projection, StringComparer.Ordinal);

    /// <summary>Has a projection's rows made anew from the first event on, beside those that serve, and put in their place.</summary>
    /// <param name="projection">Its name.</param>
    /// <param name="actor">Who asks; kept with the rebuild.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <exception cref="ArgumentException">There is no projection of that name.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<RebuildRequest> RebuildAsync(string projection, string actor, CancellationToken cancellation = default) =>
        rebuilder.RequestAsync(Find(projection).Projection, actor, cancellation);

    /// <summary>Lets go of the copy that a finished rebuild has replaced, and of what a failed one has left.</summary>
    /// <inheritdoc cref="RebuildAsync"/>
    public Task<RebuildRequest> DiscardAsync(string projection, string actor, CancellationToken cancellation = default) =>
        rebuilder.DiscardAsync(Find(projection).Projection, actor, cancellation);

    /// <summary>Whether there is a projection of that name.</summary>
    public bool Knows(string projection) => workers.Any(worker => worker.Projection.Name == projection);

    /// <summary>Stops; what was not committed is done again by the next owner.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!stopping.IsCancellationRequested)
        {
            subscription?.Dispose();
            await stopping.CancelAsync();
            await running;
            stopping.Dispose();
        }
    }

    private void Observe(EventPage page)
    {
        recent.Add(page);
        Forget();
        foreach (var worker in workers)
        {
            worker.Wake();
        }
    }

    private void Progressed(ProjectionWorker worker)
    {
        Forget();
        checkpoints.Look();
        foreach (var dependent in worker.Dependents)
        {
            dependent.Wake();
        }
    }

    /// <summary>A worker for each, who knows those of the projections that it requires.</summary>
    private static List<ProjectionWorker> Workers(
        IReadOnlyCollection<Projection> projections, Func<Projection, ProjectionWorker> make)
    {
        var made = projections.ToDictionary(projection => projection.Name, make, StringComparer.Ordinal);
        foreach (var worker in made.Values)
        {
            worker.Require(worker.Projection.Requires.Select(name => made[name]));
        }

        return [.. projections.Select(projection => made[projection.Name])];
    }

    private void Forget()
    {
        var needed = long.MaxValue;
        foreach (var worker in workers)
        {
            needed = worker.IsOwner ? Math.Min(needed, worker.Position) : needed;
        }

        recent.Forget(needed);
    }

    private ProjectionWorker Find(string projection) =>
        workers.FirstOrDefault(worker => worker.Projection.Name == projection)
        ?? throw new ArgumentException($"There is no projection {projection}.", nameof(projection));
}
