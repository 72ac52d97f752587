using System.Text.Json;
using System.Threading.Channels;
using JasperFx.Events;
using Ledger.Deadlines;
using Ledger.Secrets;
using Ledger.Telemetry;
using Marten.Exceptions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ledger.Streams;

/// <summary>
/// The one way to run a decision and the only writer of session streams. It does what an aggregate handler does (load, decide, append with
/// the version that the decision was made on, commit), for many commands in one Marten session: what waits is decided together, several
/// commands on one stream one after another on the folded state, and written by one commit. A conflict makes the commands of that commit run
/// one by one on what the streams say, so that it fails nobody else.
/// </summary>
public sealed partial class SessionWriter : IAsyncDisposable
{
    private const int CommandsPerCommit = 256;
    private const int QueueLimit = 8_192;
    private const long QueueBytes = 64 * 1024 * 1024;
    private const int MaximumTries = 12;

    // A commit costs as much as some ten commands. After one of several, its callers come back at about the same time.
    private const int SeveralCommands = 8;

    // By the stream's id, so that commands on one stream never compete on one host. With few processors a second commit at the same time takes
    // from the first, and each is of fewer commands.
    private static readonly int Shards = Math.Clamp(Environment.ProcessorCount / 2, 1, 2);

    private static readonly Refusal Unknown = new(RefusalKind.UnknownSession, "There is no such session.");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(2);

    private readonly Channel<PendingWork>[] shards =
    [
        .. Enumerable.Range(0, Shards).Select(_ => Channel.CreateBounded<PendingWork>(new BoundedChannelOptions(QueueLimit) { SingleReader = true })),
    ];

    private readonly IDocumentStore store;
    private readonly EventLog log;
    private readonly SessionCache cache;
    private readonly SessionChanges changes;
    private readonly DueTimes dueTimes;
    private readonly TimeProvider clock;
    private readonly LedgerMetrics? metrics;
    private readonly SessionJournal? journal;
    private readonly SpecSecrets? secrets;
    private readonly ILogger logger;
    private readonly Task running;
    private long queuedBytes;

    /// <summary>Begins to work.</summary>
    /// <param name="store">Marten's store, with the options of <see cref="LedgerStore"/>.</param>
    /// <param name="log">The same events, to read.</param>
    /// <param name="cache">Folded sessions, so that the hot path reads nothing.</param>
    /// <param name="changes">Who is told of what was committed.</param>
    /// <param name="clock">The ledger's clock.</param>
    /// <param name="metrics">What counts; null for nothing.</param>
    /// <param name="logger">Where outages are told; null for nowhere.</param>
    /// <param name="dueTimes">Writes what falls due with the events; null for the usual deadlines.</param>
    /// <param name="journal">Who tells people what happens; null for nobody.</param>
    /// <param name="secrets">Seals what runs execute; null where nothing of it is secret.</param>
    public SessionWriter(
        IDocumentStore store,
        EventLog log,
        SessionCache cache,
        SessionChanges changes,
        TimeProvider clock,
        LedgerMetrics? metrics = null,
        ILogger<SessionWriter>? logger = null,
        DueTimes? dueTimes = null,
        SessionJournal? journal = null,
        SpecSecrets? secrets = null)
    {
        this.store = store;
        this.log = log;
        this.cache = cache;
        this.changes = changes;
        this.clock = clock;
        this.dueTimes = dueTimes ?? new DueTimes(new DeadlineSettings(), clock);
        this.metrics = metrics;
        this.journal = journal;
        this.secrets = secrets;
        this.logger = logger ?? NullLogger<SessionWriter>.Instance;
        running = Task.WhenAll(shards.Select(shard => Task.Run(() => RunAsync(shard.Reader))));
    }

    /// <summary>
    /// Decides a caller's command on a session and makes the outcome durable before the task ends. A session that the caller does not see is
    /// refused as unknown.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached, or the stream is too contended.</exception>
    /// <exception cref="UnstorableEventException">The database refuses the data.</exception>
    public async Task<Executed<T>> ExecuteAsync<T>(
        Caller caller,
        Guid sessionId,
        Func<Session, DateTimeOffset, Decision<T>> decide,
        Remember<T>? remember = null,
        CancellationToken cancellation = default)
        where T : class
    {
        // A key that sees all of its account needs no look beforehand; a bound one must not find remembered answers of what it does not see.
        if (caller.Project is not null && await ReadAsync(caller, sessionId, cancellation) is null)
        {
            return new Executed<T>(Decision<T>.Refuse(Unknown), null);
        }

        return await ExecuteAsync(caller.Stream(sessionId), decide, caller.Context, remember, cancellation);
    }

    /// <summary>Begins sessions in the caller's account, and in the caller's project if there is one, all of them or none.</summary>
    /// <returns>The new sessions in the order of the commands; or the first refusal.</returns>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    /// <exception cref="UnstorableEventException">The database refuses the data.</exception>
    public async Task<(IReadOnlyList<SessionSnapshot> Sessions, Refusal? Refusal)> TriggerAsync(
        Caller caller, IReadOnlyList<TriggerSession> commands, CancellationToken cancellation = default)
    {
        if (caller.Project is not { } project)
        {
            return await TriggerAsync(commands, caller.Context, cancellation);
        }

        return commands.Any(command => command.Project is { } other && other != project)
            ? ([], new Refusal(RefusalKind.Malformed, $"The key is bound to the project '{project}'."))
            : await TriggerAsync([.. commands.Select(command => command with { Project = project })], caller.Context, cancellation);
    }

    /// <summary>The session as of now; null when the caller sees none of that id.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<SessionSnapshot?> ReadAsync(Caller caller, Guid sessionId, CancellationToken cancellation) =>
        await ReadAsync(caller.Stream(sessionId), cancellation) is { } found && caller.Sees(found.Session) ? found : null;

    /// <summary>
    /// The session as it was: after the last event that satisfies <paramref name="until"/>; null before its first, and when the caller sees
    /// none of that id.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<SessionSnapshot?> ReadAsOfAsync(
        Caller caller, Guid sessionId, Func<RecordedEvent, bool> until, CancellationToken cancellation) =>
        await ReadAsOfAsync(caller.Stream(sessionId), until, cancellation) is { } found && caller.Sees(found.Session) ? found : null;

    /// <summary>
    /// The events of a session after a version, in order and page by page, so that a long history takes no more memory than a short one; null
    /// when the caller sees none of that id.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<IAsyncEnumerable<RecordedEvent>?> ReadEventsAsync(
        Caller caller, Guid sessionId, long afterVersion, CancellationToken cancellation) =>
        await ReadAsync(caller, sessionId, cancellation) is null ? null : log.StreamAsync(caller.Stream(sessionId), afterVersion, cancellation);

    /// <summary>What a run is to execute, whole, though it may be kept apart from its session (<see cref="LargeSpec"/>).</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<JsonElement?> ReadSpecAsync(SessionSnapshot session, Run run, CancellationToken cancellation) => run.Plan.SpecApart is true
        ? await log.ReadSpecAsync(session.Stream, session.Session.PlaceOf(run.SequenceId), cancellation)
        : run.Plan.Spec;

    /// <summary>Several sessions as of now, in the order asked for; those that the caller does not see are left out. One round trip.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<SessionSnapshot>> ReadManyAsync(
        Caller caller, IReadOnlyList<Guid> sessionIds, CancellationToken cancellation) =>
        [.. (await ReadManyAsync([.. sessionIds.Select(caller.Stream)], cancellation)).Where(found => caller.Sees(found.Session))];

    /// <summary>Decides a command on a session and makes the outcome durable before the task ends.</summary>
    /// <param name="stream">The session.</param>
    /// <param name="decide">The pure decision; may be called again when the stream has moved on.</param>
    /// <param name="context">What to keep beside the events.</param>
    /// <param name="remember">Keeps the answer under an idempotency key; null for none.</param>
    /// <param name="cancellation">Ends the waiting; what was under way may still be written.</param>
    /// <exception cref="StoreUnavailableException">The database cannot be reached, or the stream is too contended.</exception>
    /// <exception cref="UnstorableEventException">The database refuses the data.</exception>
    public async Task<Executed<T>> ExecuteAsync<T>(
        StreamId stream,
        Func<Session, DateTimeOffset, Decision<T>> decide,
        EventContext context,
        Remember<T>? remember = null,
        CancellationToken cancellation = default)
        where T : class
    {
        var command = new PendingCommand<T>(stream, decide, context, remember);
        await EnqueueAsync(stream, command, cancellation);
        return await command.Completion.WaitAsync(cancellation);
    }

    /// <summary>Begins sessions, all of them or none, in one commit.</summary>
    /// <returns>The new sessions in the order of the commands; or the first refusal.</returns>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    /// <exception cref="UnstorableEventException">The database refuses the data.</exception>
    public async Task<(IReadOnlyList<SessionSnapshot> Sessions, Refusal? Refusal)> TriggerAsync(
        IReadOnlyList<TriggerSession> commands, EventContext context, CancellationToken cancellation = default)
    {
        var now = Now();
        var triggered = new List<SessionTriggered>(commands.Count);
        foreach (var command in commands)
        {
            var decision = TriggerSession.Decide(command, now);
            if (decision.Refusal is { } refusal)
            {
                return ([], refusal);
            }

            triggered.Add(Sealed(decision.Answer!));
        }

        if (triggered.Count == 0)
        {
            return ([], null);
        }

        var split = triggered.ConvertAll(LargeSpec.Split);
        var trigger = new PendingTrigger(split.ConvertAll(each => each.Triggered), [.. split.SelectMany(each => each.Apart)], context);
        await EnqueueAsync(StreamOf(triggered[0]), trigger, cancellation);
        return (await trigger.Completion.WaitAsync(cancellation), null);
    }

    /// <summary>The session as of now, on whichever node it was written last; null when the account has none of that id.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<SessionSnapshot?> ReadAsync(StreamId stream, CancellationToken cancellation)
    {
        var cached = cache.Find(stream);
        return Keep(await SessionSnapshot.FoldAsync(cached, log.StreamAsync(stream, cached?.Version ?? 0, cancellation), cancellation));
    }

    /// <summary>The session of that number, which is the position of its first event; null when the account has none.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<SessionSnapshot?> FindByNumberAsync(Guid accountId, long number, CancellationToken cancellation) =>
        number > 0
        && await log.ReadAllAsync(number - 1, 1, cancellation) is [{ Data: SessionTriggered } first]
        && first.Position == number
        && first.Stream.AccountId == accountId
            ? await ReadAsync(first.Stream, cancellation)
            : null;

    /// <summary>
    /// The session as this host knows it from its own writes and reads, without a look at the database; null when it does not. May be
    /// behind, never ahead: compare the version.
    /// </summary>
    public SessionSnapshot? Peek(StreamId stream) => cache.Find(stream);

    /// <summary>Several sessions as of now, in the order asked for; unknown ones are left out. One round trip.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<SessionSnapshot>> ReadManyAsync(IReadOnlyList<StreamId> streams, CancellationToken cancellation)
    {
        var cached = streams.Distinct().ToDictionary(stream => stream, cache.Find);
        List<(StreamId, long)> asked = [.. cached.Select(entry => (entry.Key, entry.Value?.Version ?? 0))];
        await foreach (var recorded in log.StreamsAsync(asked, cancellation))
        {
            cached[recorded.Stream] = SessionSnapshot.Fold(cached[recorded.Stream], [recorded]);
        }

        return [.. streams.Select(stream => Keep(cached[stream])).OfType<SessionSnapshot>()];
    }

    /// <summary>The session as it was: after the last event that satisfies <paramref name="until"/>; null before its first.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<SessionSnapshot?> ReadAsOfAsync(StreamId stream, Func<RecordedEvent, bool> until, CancellationToken cancellation) =>
        await SessionSnapshot.FoldAsync(null, log.StreamAsync(stream, 0, cancellation).TakeWhile(until), cancellation);

    /// <summary>Decides and writes what waits, then ends; what comes from now on is refused.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var shard in shards)
        {
            shard.Writer.TryComplete();
        }

        await running;
    }

    private SessionTriggered Sealed(SessionTriggered triggered) => secrets is null
        ? triggered
        : triggered with { Runs = [.. triggered.Runs.Select(run => run with { Spec = secrets.Seal(triggered.AccountId, run.Spec) })] };

    private SessionSnapshot? Keep(SessionSnapshot? snapshot)
    {
        if (snapshot is not null)
        {
            cache.Keep(snapshot);
        }

        return snapshot;
    }

    private static StreamId StreamOf(SessionTriggered triggered) => new(triggered.AccountId, triggered.SessionId);

    private async ValueTask EnqueueAsync(StreamId stream, PendingWork work, CancellationToken cancellation)
    {
        if (Interlocked.Add(ref queuedBytes, work.Bytes) > QueueBytes && work.Bytes < Volatile.Read(ref queuedBytes))
        {
            Interlocked.Add(ref queuedBytes, -work.Bytes);
            throw new StoreUnavailableException("Too much waits to be written; come again in a moment.");
        }

        try
        {
            await shards[(stream.SessionId.GetHashCode() & int.MaxValue) % Shards].Writer.WriteAsync(work, cancellation);
        }
        catch (ChannelClosedException stopping)
        {
            Interlocked.Add(ref queuedBytes, -work.Bytes);
            throw new StoreUnavailableException("The ledger is stopping.", stopping);
        }
        catch (OperationCanceledException)
        {
            Interlocked.Add(ref queuedBytes, -work.Bytes);
            throw;
        }
    }

    private async Task RunAsync(ChannelReader<PendingWork> reader)
    {
        var lastCount = 0;
        while (await reader.WaitToReadAsync())
        {
            if (lastCount >= SeveralCommands && reader.Count < 2 * SeveralCommands)
            {
                await Task.Delay(Gathering);
            }

            var batch = new List<PendingWork>();
            while (batch.Count < CommandsPerCommit && reader.TryRead(out var work))
            {
                batch.Add(work);
                Interlocked.Add(ref queuedBytes, -work.Bytes);
            }

            lastCount = batch.Count;
            await ExecuteAsync(batch);
        }
    }

    private async Task ExecuteAsync(IReadOnlyList<PendingWork> batch)
    {
        IReadOnlyList<PendingWork> alone;
        try
        {
            alone = await new Commit(this, batch).ExecuteAsync();
        }
        catch (Exception failure)
        {
            // One of them is at fault, by its data, by its decision or by its stream: the others must not pay for it.
            alone = batch;
            if (Outage.IsUnlessCancelled(Cause(failure)) && !await IsBackAsync(failure))
            {
                foreach (var work in batch)
                {
                    Fail(work, Outage.ForCaller(Cause(failure)));
                }

                return;
            }
        }

        // Who waits behind one that waited for the database in vain does not wait as long once more.
        Exception? away = null;
        foreach (var work in alone)
        {
            if (away is null)
            {
                away = await ExecuteAloneAsync(work);
            }
            else
            {
                Fail(work, away);
            }
        }
    }

    /// <summary>Decides and writes one piece of work on what the streams say, again when they have moved on meanwhile.</summary>
    /// <returns>What the caller was told when the database stayed away; else null.</returns>
    private async Task<StoreUnavailableException?> ExecuteAloneAsync(PendingWork work)
    {
        try
        {
            StreamId? archived = null;
            var since = TimeProvider.System.GetTimestamp();
            for (var tries = 0; tries < MaximumTries; tries++)
            {
                try
                {
                    foreach (var (stream, eventId) in work.Unheard)
                    {
                        if (await log.ContainsAsync(stream, eventId, CancellationToken.None))
                        {
                            await CompleteWrittenAsync(work);
                            return null;
                        }
                    }

                    await new Commit(this, [work], isFresh: true).ExecuteAsync();
                    if (archived is { } again)
                    {
                        await ArchiveAsync(again);
                    }

                    return null;
                }
                catch (Exception conflict) when (IsConflict(conflict))
                {
                    // It has moved on: decided again on what it says now.
                    metrics?.Conflict();
                }
                catch (InvalidStreamOperationException) when (work is PendingCommand late)
                {
                    archived = late.Stream;
                    await UnarchiveAsync(late.Stream);
                }
                catch (Exception outage) when (Outage.IsUnlessCancelled(Cause(outage)))
                {
                    // What is left of a server that crashed may still answer reads: an outage is over when a commit succeeds.
                    if (!await IsBackAsync(outage) || TimeProvider.System.GetElapsedTime(since) > Patience)
                    {
                        throw;
                    }

                    tries--;
                    await Task.Delay(Pause);
                }
            }

            Fail(work, new StoreUnavailableException($"A session is changing too fast; {MaximumTries} tries were in vain."));
            return null;
        }
        catch (Exception failure)
        {
            var cause = Cause(failure);
            var told = cause is PostgresException || Outage.IsUnlessCancelled(cause) ? Outage.ForCaller(cause) : failure;
            Fail(work, told);
            return told as StoreUnavailableException;
        }
    }

    private void Fail(PendingWork work, Exception failure)
    {
        metrics?.Failed(failure is UnstorableEventException);
        work.Fail(failure);
    }

    /// <summary>A commit whose answer was lost had taken place.</summary>
    private async Task CompleteWrittenAsync(PendingWork work)
    {
        changes.CommittedUnheard(
            work is PendingTrigger { Triggered: var triggered } ? triggered.Select(StreamOf) : work.Unheard.Select(each => each.Stream).Distinct());
        if (work is PendingTrigger trigger)
        {
            trigger.Complete(await ReadManyAsync([.. trigger.Triggered.Select(StreamOf)], CancellationToken.None));
        }
        else if (work is PendingCommand command && await ReadAsync(command.Stream, CancellationToken.None) is { } snapshot)
        {
            command.Complete(snapshot);
        }
    }

    /// <summary>Waits for the database; false when it stays away.</summary>
    private async Task<bool> IsBackAsync(Exception outage)
    {
        LogOutage(outage);
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await log.ReadHeadAsync(CancellationToken.None);
                return true;
            }
            catch (StoreUnavailableException) when (TimeProvider.System.GetElapsedTime(since) < Patience)
            {
                await Task.Delay(Pause);
            }
            catch (StoreUnavailableException)
            {
                return false;
            }
        }
    }

    /// <summary>
    /// What comes for an archived session is kept all the same. Marten has no way back from the archive, so that the mark is taken off by
    /// SQL, and put on again after the append.
    /// </summary>
    private async Task UnarchiveAsync(StreamId stream)
    {
        await using var session = store.LightweightSession();
        var tenant = stream.AccountId.ToString();
        session.QueueSqlCommand($"update {LedgerStore.Schema}.mt_streams set is_archived = false where tenant_id = ? and id = ?", tenant, stream.SessionId);
        session.QueueSqlCommand($"update {LedgerStore.Schema}.mt_events set is_archived = false where tenant_id = ? and stream_id = ?", tenant, stream.SessionId);
        await session.SaveChangesAsync();
    }

    /// <summary>Without it the next walk of the archiving would do it, so that nobody is told of a failure.</summary>
    private async Task ArchiveAsync(StreamId stream)
    {
        try
        {
            await using var session = store.LightweightSession(stream.AccountId.ToString());
            session.Events.ArchiveStream(stream.SessionId);
            await session.SaveChangesAsync();
        }
        catch (Exception failure) when (Outage.IsUnlessCancelled(Cause(failure)))
        {
            LogOutage(failure);
        }
    }

    private static bool IsConflict(Exception failure) => failure
        is EventStreamUnexpectedMaxEventIdException or Marten.Exceptions.ExistingStreamIdCollisionException or JasperFx.DocumentAlreadyExistsException
        or JasperFx.ConcurrencyException
        || Cause(failure) is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    /// <summary>What the database said, below what Marten makes of it.</summary>
    private static Exception Cause(Exception failure)
    {
        for (Exception? each = failure; each is not null; each = each.InnerException)
        {
            if (each is NpgsqlException or StoreUnavailableException)
            {
                return each is StoreUnavailableException { InnerException: { } inner } ? inner : each;
            }
        }

        return failure;
    }

    /// <summary>Whole microseconds, which is what the database keeps: what was decided is what is read back.</summary>
    private DateTimeOffset Now()
    {
        var now = clock.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    [LoggerMessage(LogLevel.Warning, "The database went away under a commit; what it was about is decided again when it is back.")]
    private partial void LogOutage(Exception outage);
}
