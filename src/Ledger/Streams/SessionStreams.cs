using System.Collections.Concurrent;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Streams;

/// <summary>
/// Runs commands against session streams: folds, decides, appends with the version that the decision was made on, and decides again, a
/// bounded number of times, when the stream has moved on (storage.md, Append).
/// </summary>
/// <param name="store">The event store.</param>
/// <param name="cache">Folded sessions, so that the hot path reads nothing.</param>
/// <param name="clock">The one clock (domain.md rule 9).</param>
public sealed class SessionStreams(IEventStore store, SessionCache cache, TimeProvider clock)
{
    private const int MaximumTries = 12;

    private readonly ConcurrentDictionary<StreamId, StreamQueue> queues = new();

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
        await store.ReadStreamAsync(caller.Stream(sessionId), 0, cancellation) is [var first, ..] events
        && caller.Sees(Session.Fold(null, first.Data)) ? events : [];

    /// <summary>Several sessions as of now, in the order asked for; those that the caller does not see are left out. One round trip.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<SessionSnapshot>> ReadManyAsync(
        Caller caller, IReadOnlyList<Guid> sessionIds, CancellationToken cancellation) =>
        [.. (await ReadManyAsync([.. sessionIds.Select(caller.Stream)], cancellation)).Where(found => caller.Sees(found.Session))];

    /// <summary>Decides a command on a session and makes the outcome durable before the task ends.</summary>
    /// <param name="stream">The session.</param>
    /// <param name="decide">The pure decision.</param>
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
        if (remember is not null
            && await store.FindAnswerAsync(stream.AccountId, remember.Scope, remember.Key, cancellation) is { } answer
            && await ReadAsync(stream, cancellation) is { } current)
        {
            return new Executed<T>(decide(current.Session, Now()), current, answer);
        }

        var command = new PendingCommand<T>(decide, context, remember);
        while (true)
        {
            var queue = queues.GetOrAdd(stream, static _ => new StreamQueue());
            if (queue.TryAdd(command, out var mustWork))
            {
                if (mustWork)
                {
                    _ = WorkAsync(stream, queue);
                }

                return await command.Completion.WaitAsync(cancellation);
            }
        }
    }

    /// <summary>Begins sessions, all of them or none, in one append.</summary>
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

        var unit = new AppendUnit(
            [.. triggered.Select(e => new StreamAppend(new StreamId(e.AccountId, e.SessionId), 0, [NewEventOf(e, context)]))], []);
        var outcome = await store.AppendAsync(unit, cancellation);
        if (outcome.Verdict is not AppendVerdict.Appended)
        {
            throw new InvalidOperationException("A new session's id was in use already.");
        }

        var sessions = triggered
            .Select((e, at) => new SessionSnapshot(Session.Create(e), 1, outcome.FirstPositions[at], outcome.FirstPositions[at])
            {
                TriggerContext = context,
            })
            .ToList();
        sessions.ForEach(cache.Keep);
        return (sessions, null);
    }

    /// <summary>The session as of now, on whichever node it was written last; null when the account has none of that id.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<SessionSnapshot?> ReadAsync(StreamId stream, CancellationToken cancellation)
    {
        var cached = cache.Find(stream);
        return Keep(SessionSnapshot.Fold(cached, await store.ReadStreamAsync(stream, cached?.Version ?? 0, cancellation)));
    }

    /// <summary>The session of that number, which is the position of its first event; null when the account has none.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<SessionSnapshot?> FindByNumberAsync(Guid accountId, long number, CancellationToken cancellation) =>
        number > 0
        && await store.ReadAllAsync(number - 1, 1, cancellation) is [{ Data: SessionTriggered } first]
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
        var events = await store.ReadStreamsAsync([.. cached.Select(entry => (entry.Key, entry.Value?.Version ?? 0))], cancellation);
        var newer = events.ToLookup(recorded => recorded.Stream);
        return [.. streams.Select(stream => Keep(SessionSnapshot.Fold(cached[stream], newer[stream]))).OfType<SessionSnapshot>()];
    }

    /// <summary>The session as it was: after the last event that satisfies <paramref name="until"/>; null before its first.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<SessionSnapshot?> ReadAsOfAsync(StreamId stream, Func<RecordedEvent, bool> until, CancellationToken cancellation) =>
        SessionSnapshot.Fold(null, (await store.ReadStreamAsync(stream, 0, cancellation)).TakeWhile(until));

    private async Task WorkAsync(StreamId stream, StreamQueue queue)
    {
        while (queue.Take() is { Count: > 0 } commands)
        {
            await ExecuteTogetherAsync(stream, commands);
        }

        queues.TryRemove(KeyValuePair.Create(stream, queue));
    }

    private async Task ExecuteTogetherAsync(StreamId stream, IReadOnlyList<PendingCommand> commands)
    {
        try
        {
            if (!await TryExecuteAsync(stream, commands))
            {
                await ExecuteOneByOneAsync(stream, commands);
            }
        }
        catch (Exception failure) when (commands.Count > 1 && failure is not StoreUnavailableException)
        {
            // One of them is at fault, by its data or by its decision: the others must not pay for it.
            await ExecuteOneByOneAsync(stream, commands);
        }
        catch (Exception failure)
        {
            foreach (var command in commands)
            {
                command.Fail(failure);
            }
        }
    }

    private async Task ExecuteOneByOneAsync(StreamId stream, IReadOnlyList<PendingCommand> commands)
    {
        foreach (var command in commands)
        {
            await ExecuteTogetherAsync(stream, [command]);
        }
    }

    /// <summary>
    /// False when one of several commands has an idempotency key that is taken, or two of them have the same: each has to be tried alone.
    /// </summary>
    private async Task<bool> TryExecuteAsync(StreamId stream, IReadOnlyList<PendingCommand> commands)
    {
        var snapshot = cache.Find(stream);
        var isCurrent = false;
        for (var tries = 0; tries < MaximumTries; tries++)
        {
            if (snapshot is null)
            {
                snapshot = await ReadAsync(stream, CancellationToken.None);
                isCurrent = true;
            }

            if (snapshot is null)
            {
                Complete(commands, command => command.CompleteUnknown());
                return true;
            }

            var batch = DecideAll(snapshot, commands);
            if (batch.RepeatsAKey)
            {
                return false;
            }

            if (batch.IsEmpty && isCurrent)
            {
                Complete(commands, command => command.Complete(snapshot));
                return true;
            }

            if (batch.HasEvents || (isCurrent && !batch.IsEmpty))
            {
                var outcome = await store.AppendAsync(batch.ToUnit(stream, snapshot.Version), CancellationToken.None);
                if (outcome.Verdict is AppendVerdict.Appended)
                {
                    var after = batch.Advance(snapshot, outcome);
                    cache.Keep(after);
                    Complete(commands, command => command.Complete(after));
                    return true;
                }

                if (outcome.Verdict is AppendVerdict.AnswerTaken)
                {
                    return commands.Count == 1 && await CompleteRememberedAsync(stream, commands[0], batch.Answers[0]);
                }
            }

            // The stream has moved on; or no event was decided, and a cache alone must not decide that.
            snapshot = await ReadAsync(stream, CancellationToken.None);
            isCurrent = true;
        }

        throw new StoreUnavailableException($"Session {stream.SessionId} is changing too fast; {MaximumTries} tries were in vain.");
    }

    private async Task<bool> CompleteRememberedAsync(StreamId stream, PendingCommand command, RememberedAnswer mine)
    {
        var first = await store.FindAnswerAsync(mine.AccountId, mine.Scope, mine.Key, CancellationToken.None)
            ?? throw new InvalidOperationException("An idempotency key was taken and has no answer.");

        // What was cached may be older than the answer: whoever was answered must be shown what it did.
        var current = await ReadAsync(stream, CancellationToken.None)
            ?? throw new InvalidOperationException("A session that had events has none.");
        command.CompleteRemembered(first, current);
        return true;
    }

    private DecidedBatch DecideAll(SessionSnapshot snapshot, IReadOnlyList<PendingCommand> commands)
    {
        var batch = new DecidedBatch(snapshot.Session);
        foreach (var command in commands)
        {
            var now = Now();
            foreach (var data in command.Decide(batch.Session, now))
            {
                batch.Add(NewEventOf(data, command.Context));
            }

            if (command.Answer(snapshot.Session.AccountId, now) is { } answer)
            {
                batch.Answers.Add(answer);
            }
        }

        return batch;
    }

    private SessionSnapshot? Keep(SessionSnapshot? snapshot)
    {
        if (snapshot is not null)
        {
            cache.Keep(snapshot);
        }

        return snapshot;
    }

    /// <summary>Whole microseconds, which is what the database keeps: what was decided is what is read back.</summary>
    private DateTimeOffset Now()
    {
        var now = clock.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    private NewEvent NewEventOf(ISessionEvent data, EventContext context) => new(Guid.CreateVersion7(data.At), data, context);

    private static void Complete(IReadOnlyList<PendingCommand> commands, Action<PendingCommand> complete)
    {
        foreach (var command in commands)
        {
            complete(command);
        }
    }
}
