using System.Threading.Channels;
using JasperFx.Events;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Store.Postgres;
using Marten;
using Marten.Exceptions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Ledger.Streams;

/// <summary>
/// The one way to run a decision and the only writer of session streams. It does what an aggregate handler does (load, decide, append with
/// the version that the decision was made on, commit), for many commands in one Marten session: what waits is decided together, several
/// commands on one stream one after another on the folded state, and written by one commit. A conflict makes the commands of that commit run
/// one by one on what the streams say, so that it fails nobody else.
/// </summary>
public sealed partial class SessionStreams : IAsyncDisposable
{
    // By the stream's id, so that commands on one stream never compete on one host.
    private const int Shards = 2;
    private const int CommandsPerCommit = 256;
    private const int QueueLimit = 8_192;
    private const long QueueBytes = 64 * 1024 * 1024;
    private const int MaximumTries = 12;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly Channel<PendingWork>[] shards =
    [
        .. Enumerable.Range(0, Shards).Select(_ => Channel.CreateBounded<PendingWork>(new BoundedChannelOptions(QueueLimit) { SingleReader = true })),
    ];

    private readonly IDocumentStore store;
    private readonly EventLog log;
    private readonly SessionCache cache;
    private readonly SessionChanges changes;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly Task running;
    private long queuedBytes;

    /// <summary>Begins to work.</summary>
    /// <param name="store">Marten's store, with the options of <see cref="LedgerStore"/>.</param>
    /// <param name="log">The same events, to read.</param>
    /// <param name="cache">Folded sessions, so that the hot path reads nothing.</param>
    /// <param name="changes">Who is told of what was committed.</param>
    /// <param name="clock">The ledger's clock.</param>
    /// <param name="logger">Where outages are told; null for nowhere.</param>
    public SessionStreams(
        IDocumentStore store,
        EventLog log,
        SessionCache cache,
        SessionChanges changes,
        TimeProvider clock,
        ILogger<SessionStreams>? logger = null)
    {
        this.store = store;
        this.log = log;
        this.cache = cache;
        this.changes = changes;
        this.clock = clock;
        this.logger = logger ?? NullLogger<SessionStreams>.Instance;
        running = Task.WhenAll(shards.Select(shard => Task.Run(() => RunAsync(shard.Reader))));
    }

    /// <summary>Called after each commit with its events, on the writer's own time: for counting, not for work.</summary>
    public Action<IReadOnlyList<RecordedEvent>>? Committed { get; set; }

    private static readonly Refusal Unknown = new(RefusalKind.UnknownSession, "There is no such session.");

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
        SessionSnapshot.Fold(null, (await ReadEventsAsync(caller, sessionId, cancellation)).TakeWhile(until));

    /// <summary>The events of a session, in order; none when the caller sees none of that id.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<RecordedEvent>> ReadEventsAsync(Caller caller, Guid sessionId, CancellationToken cancellation) =>
        await log.ReadStreamAsync(caller.Stream(sessionId), 0, cancellation) is [var first, ..] events
        && caller.Sees(Session.Fold(null, first.Data)) ? events : [];

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

            triggered.Add(decision.Answer!);
        }

        if (triggered.Count == 0)
        {
            return ([], null);
        }

        var trigger = new PendingTrigger(triggered, context, triggered.Sum(SessionSnapshot.BytesOf));
        await EnqueueAsync(StreamOf(triggered[0]), trigger, cancellation);
        return (await trigger.Completion.WaitAsync(cancellation), null);
    }

    /// <summary>The session as of now, on whichever node it was written last; null when the account has none of that id.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<SessionSnapshot?> ReadAsync(StreamId stream, CancellationToken cancellation)
    {
        var cached = cache.Find(stream);
        return Keep(SessionSnapshot.Fold(cached, await log.ReadStreamAsync(stream, cached?.Version ?? 0, cancellation)));
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
        var events = await log.ReadStreamsAsync([.. cached.Select(entry => (entry.Key, entry.Value?.Version ?? 0))], cancellation);
        var newer = events.ToLookup(recorded => recorded.Stream);
        return [.. streams.Select(stream => Keep(SessionSnapshot.Fold(cached[stream], newer[stream]))).OfType<SessionSnapshot>()];
    }

    /// <summary>The session as it was: after the last event that satisfies <paramref name="until"/>; null before its first.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<SessionSnapshot?> ReadAsOfAsync(StreamId stream, Func<RecordedEvent, bool> until, CancellationToken cancellation) =>
        SessionSnapshot.Fold(null, (await log.ReadStreamAsync(stream, 0, cancellation)).TakeWhile(until));

    /// <summary>Decides and writes what waits, then ends; what comes from now on is refused.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var shard in shards)
        {
            shard.Writer.TryComplete();
        }

        await running;
    }

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
        catch (Exception gone)
        {
            Interlocked.Add(ref queuedBytes, -work.Bytes);
            throw gone is ChannelClosedException ? new StoreUnavailableException("The ledger is stopping.", gone) : gone;
        }
    }

    private async Task RunAsync(ChannelReader<PendingWork> reader)
    {
        while (await reader.WaitToReadAsync())
        {
            var batch = new List<PendingWork>();
            while (batch.Count < CommandsPerCommit && reader.TryRead(out var work))
            {
                batch.Add(work);
                Interlocked.Add(ref queuedBytes, -work.Bytes);
            }

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
            if (Failure.IsOutage(Cause(failure)) && !await IsBackAsync(failure))
            {
                foreach (var work in batch)
                {
                    Fail(work, Failure.ForCaller(Cause(failure)));
                }

                return;
            }
        }

        foreach (var work in alone)
        {
            await ExecuteAloneAsync(work);
        }
    }

    /// <summary>Decides and writes one piece of work on what the streams say, again when they have moved on meanwhile.</summary>
    private async Task ExecuteAloneAsync(PendingWork work)
    {
        try
        {
            for (var tries = 0; tries < MaximumTries; tries++)
            {
                try
                {
                    foreach (var (stream, eventId) in work.Unheard)
                    {
                        if (await log.ContainsAsync(stream, eventId, CancellationToken.None))
                        {
                            await CompleteWrittenAsync(work);
                            return;
                        }
                    }

                    await new Commit(this, [work], isFresh: true).ExecuteAsync();
                    return;
                }
                catch (Exception conflict) when (IsConflict(conflict))
                {
                    // It has moved on: decided again on what it says now.
                    WriterInstruments.Units.Add(1, new KeyValuePair<string, object?>("verdict", "conflict"));
                }
                catch (InvalidStreamOperationException) when (work is PendingCommand late)
                {
                    await UnarchiveAsync(late.Stream);
                }
                catch (Exception outage) when (Failure.IsOutage(Cause(outage)))
                {
                    if (!await IsBackAsync(outage))
                    {
                        throw;
                    }
                }
            }

            work.Fail(new StoreUnavailableException($"A session is changing too fast; {MaximumTries} tries were in vain."));
        }
        catch (Exception failure)
        {
            var cause = Cause(failure);
            Fail(work, cause is PostgresException || Failure.IsOutage(cause) ? Failure.ForCaller(cause) : failure);
        }
    }

    private static void Fail(PendingWork work, Exception failure)
    {
        WriterInstruments.Failures.Add(
            1, new KeyValuePair<string, object?>("reason", failure is UnstorableEventException ? "unstorable" : "unavailable"));
        work.Fail(failure);
    }

    /// <summary>A commit whose answer was lost had taken place.</summary>
    private async Task CompleteWrittenAsync(PendingWork work)
    {
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
    /// What comes for an archived session is kept all the same. Marten has no way back from the archive, so that the flag is taken off by
    /// SQL; the next walk of the archiving puts it on again.
    /// </summary>
    private async Task UnarchiveAsync(StreamId stream)
    {
        await using var session = store.LightweightSession();
        var tenant = stream.AccountId.ToString();
        session.QueueSqlCommand($"update {LedgerStore.Schema}.mt_streams set is_archived = false where tenant_id = ? and id = ?", tenant, stream.SessionId);
        session.QueueSqlCommand($"update {LedgerStore.Schema}.mt_events set is_archived = false where tenant_id = ? and stream_id = ?", tenant, stream.SessionId);
        await session.SaveChangesAsync();
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

    /// <summary>One commit: commands and triggers that are decided and written together.</summary>
    /// <param name="writer">Whose.</param>
    /// <param name="batch">What to decide.</param>
    /// <param name="isFresh">Whether cached states will not do, since a decision on them has just failed.</param>
    private sealed class Commit(SessionStreams writer, IReadOnlyList<PendingWork> batch, bool isFresh = false)
    {
        private readonly List<PendingWork> postponed = [];
        private readonly List<(StreamId Stream, IEvent Event)> appended = [];
        private readonly Dictionary<PendingWork, (StreamId Stream, Guid EventId)> firsts = [];

        /// <summary>Decides, writes and answers. Gives what has to be run alone, since it repeats an idempotency key of this commit.</summary>
        public async Task<IReadOnlyList<PendingWork>> ExecuteAsync()
        {
            var commands = batch.OfType<PendingCommand>().ToList();
            var known = await RecallAsync(commands);
            var turns = commands.GroupBy(command => command.Stream).Select(group => new Turn(group.Key, [.. group])).ToList();
            await ReadAsync(turns, turn => isFresh || turn.Commands.Exists(known.ContainsKey) || (turn.State = writer.cache.Find(turn.Stream)) is null);
            turns.ForEach(turn => turn.Decide(known, writer.Now()));

            // A cache alone must not decide that there is nothing to do: the version of the stream proves a decision only with an event.
            var unproved = turns.Where(turn => turn is { State: not null, IsCurrent: false, Events.Count: 0 }).ToHashSet();
            await ReadAsync(turns, unproved.Contains);
            foreach (var turn in unproved)
            {
                turn.Decide(known, writer.Now());
            }

            if (Enrol(turns) is { } session)
            {
                await using (session)
                {
                    await SaveAsync(session);
                }
            }

            turns.ForEach(turn => turn.Complete(known, RecordedOf(turn.Stream), writer.cache));
            foreach (var trigger in batch.OfType<PendingTrigger>())
            {
                var sessions = trigger.Triggered
                    .Select(triggered => SessionSnapshot.Fold(null, RecordedOf(StreamOf(triggered)))!)
                    .ToList();
                sessions.ForEach(writer.cache.Keep);
                trigger.Complete(sessions);
            }

            if (appended.Count > 0)
            {
                var events = appended.ConvertAll(each => Recorded(each.Stream, each.Event));
                writer.changes.Publish(events);
                writer.Committed?.Invoke(events);
            }

            return postponed;
        }

        /// <summary>The commands whose idempotency key has an answer; what comes twice under one key here is put off.</summary>
        private async Task<Dictionary<PendingCommand, RememberedAnswer>> RecallAsync(List<PendingCommand> commands)
        {
            var ids = new HashSet<string>(StringComparer.Ordinal);
            postponed.AddRange(commands.Where(command => command.AnswerId is { } id && !ids.Add(id)));
            commands.RemoveAll(postponed.Contains);
            if (ids.Count == 0)
            {
                return [];
            }

            await using var session = writer.store.QuerySession();
            var answers = (await session.LoadManyAsync<RememberedAnswer>(ids)).ToDictionary(answer => answer.Id, StringComparer.Ordinal);
            return commands
                .Where(command => command.AnswerId is { } id && answers.ContainsKey(id))
                .ToDictionary(command => command, command => answers[command.AnswerId!]);
        }

        private async Task ReadAsync(List<Turn> turns, Func<Turn, bool> which)
        {
            var asked = turns.Where(which).ToList();
            if (asked.Count > 0)
            {
                var read = (await writer.ReadManyAsync([.. asked.Select(turn => turn.Stream)], CancellationToken.None))
                    .ToDictionary(snapshot => snapshot.Stream);
                asked.ForEach(turn => (turn.State, turn.IsCurrent) = (read.GetValueOrDefault(turn.Stream), true));
            }
        }

        /// <summary>A Marten session with everything that is to be written; null when there is nothing.</summary>
        private IDocumentSession? Enrol(List<Turn> turns)
        {
            var answers = turns.SelectMany(turn => turn.Answers).ToList();
            var triggers = batch.OfType<PendingTrigger>().ToList();
            var changed = turns.Where(turn => turn.Events.Count > 0).ToList();
            if (answers.Count == 0 && triggers.Count == 0 && changed.Count == 0)
            {
                return null;
            }

            var session = writer.store.LightweightSession();
            foreach (var turn in changed)
            {
                var events = session.ForTenant(turn.Stream.AccountId.ToString()).Events;
                var built = turn.Events.ConvertAll(each => Build(events, turn.Stream, each.Data, each.Command));
                events.Append(turn.Stream.SessionId, turn.State!.Version + built.Count, built);
            }

            foreach (var trigger in triggers)
            {
                foreach (var triggered in trigger.Triggered)
                {
                    var events = session.ForTenant(triggered.AccountId.ToString()).Events;
                    events.StartStream<Session>(triggered.SessionId, Build(events, StreamOf(triggered), triggered, trigger));
                }
            }

            session.Insert<RememberedAnswer>(answers);
            return session;
        }

        private async Task SaveAsync(IDocumentSession session)
        {
            var began = TimeProvider.System.GetTimestamp();
            try
            {
                await session.SaveChangesAsync();
                WriterInstruments.Duration.Record(TimeProvider.System.GetElapsedTime(began).TotalSeconds);
                WriterInstruments.BatchUnits.Record(firsts.Count);
                WriterInstruments.BatchEvents.Record(appended.Count);
                WriterInstruments.Units.Add(firsts.Count, new KeyValuePair<string, object?>("verdict", "appended"));
            }
            catch (Exception outage) when (Failure.IsOutage(Cause(outage)))
            {
                foreach (var (work, first) in firsts)
                {
                    work.Unheard.Add(first);
                }

                throw;
            }
        }

        private IEvent Build(Marten.Events.IEventStoreOperations events, StreamId stream, ISessionEvent data, PendingWork work)
        {
            var built = events.BuildEvent(data);
            built.Id = Guid.CreateVersion7(data.At);
            built.UserName = work.Context.UserName;
            built.CorrelationId = work.Context.CorrelationId;
            built.CausationId = work.Context.CausationId;
            firsts.TryAdd(work, (stream, built.Id));
            appended.Add((stream, built));
            return built;
        }

        private IEnumerable<RecordedEvent> RecordedOf(StreamId stream) =>
            appended.Where(each => each.Stream == stream).Select(each => Recorded(stream, each.Event));

        private static RecordedEvent Recorded(StreamId stream, IEvent built) => new(
            built.Sequence,
            built.Id,
            stream,
            built.Version,
            (ISessionEvent)built.Data,
            built.EventTypeName,
            new EventContext(built.UserName, built.CorrelationId, built.CausationId));
    }

    /// <summary>The commands of one commit on one stream.</summary>
    private sealed class Turn(StreamId stream, List<PendingCommand> commands)
    {
        public StreamId Stream => stream;

        public List<PendingCommand> Commands => commands;

        /// <summary>The state to decide on; null for a stream that is not there.</summary>
        public SessionSnapshot? State { get; set; }

        /// <summary>Whether the state was read just now, and is not merely remembered.</summary>
        public bool IsCurrent { get; set; }

        /// <summary>What was decided, each with the command that it comes from.</summary>
        public List<(ISessionEvent Data, PendingCommand Command)> Events { get; } = [];

        /// <summary>The answers to keep.</summary>
        public List<RememberedAnswer> Answers { get; } = [];

        public void Decide(Dictionary<PendingCommand, RememberedAnswer> known, DateTimeOffset now)
        {
            Events.Clear();
            Answers.Clear();
            if (State is not { Session: var session })
            {
                return;
            }

            foreach (var command in commands)
            {
                var decided = command.Decide(session, now);
                if (known.ContainsKey(command))
                {
                    continue;
                }

                foreach (var data in decided)
                {
                    Events.Add((data, command));
                    session = Session.Fold(session, data);
                }

                if (command.Answer(now) is { } answer)
                {
                    Answers.Add(answer);
                }
            }
        }

        public void Complete(
            Dictionary<PendingCommand, RememberedAnswer> known, IEnumerable<RecordedEvent> recorded, SessionCache cache)
        {
            var after = SessionSnapshot.Fold(State, recorded);
            if (after is not null)
            {
                cache.Keep(after);
            }

            foreach (var command in commands)
            {
                if (after is null)
                {
                    command.CompleteUnknown();
                }
                else if (known.TryGetValue(command, out var first))
                {
                    command.CompleteRemembered(first, after);
                }
                else
                {
                    command.Complete(after);
                }
            }
        }
    }
}
