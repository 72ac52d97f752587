using JasperFx.Events;

namespace Ledger.Streams;

/// <content>What is written by one commit.</content>
public sealed partial class SessionWriter
{
    /// <summary>One commit: commands and triggers that are decided and written together.</summary>
    /// <param name="writer">Whose.</param>
    /// <param name="batch">What to decide.</param>
    /// <param name="isFresh">Whether cached states will not do, since a decision on them has just failed.</param>
    private sealed class Commit(SessionWriter writer, IReadOnlyList<PendingWork> batch, bool isFresh = false)
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

            var recorded = appended.Select(each => Recorded(each.Stream, each.Event)).ToLookup(each => each.Stream);
            var changes = new List<SessionChange>();
            foreach (var turn in turns)
            {
                if (turn.Complete(known, recorded[turn.Stream], writer.cache) is { } after && recorded.Contains(turn.Stream))
                {
                    changes.Add(new SessionChange(after, [.. recorded[turn.Stream]]));
                }
            }

            foreach (var trigger in batch.OfType<PendingTrigger>())
            {
                var sessions = trigger.Triggered
                    .Select(triggered => SessionSnapshot.Fold(null, recorded[StreamOf(triggered)])!)
                    .ToList();
                sessions.ForEach(writer.cache.Keep);
                trigger.Complete(sessions);
                changes.AddRange(sessions.Select(session => new SessionChange(session, [.. recorded[session.Stream]])));
            }

            writer.changes.Committed(changes);
            writer.journal?.Committed(appended.Select(each => (each.Stream.SessionId, (ISessionEvent)each.Event.Data)));
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

            List<LargeSpec> specs = [.. triggers.SelectMany(trigger => trigger.Specs)];
            if (specs.Count > 0)
            {
                session.QueueSqlCommand(
                    $"insert into {LedgerStore.Schema}.run_specs (tenant_id, stream_id, ordinal, spec) select * from unnest(?, ?, ?, ?)",
                    specs.ConvertAll(spec => spec.Stream.AccountId.ToString()).ToArray(),
                    specs.ConvertAll(spec => spec.Stream.SessionId).ToArray(),
                    specs.ConvertAll(spec => spec.Ordinal).ToArray(),
                    specs.ConvertAll(spec => spec.Compressed).ToArray());
            }

            session.Insert<RememberedAnswer>(answers);
            writer.dueTimes.Enrol(session,
            [
                .. changed.SelectMany(turn => writer.dueTimes.ChangesOf(turn.State!.Session, turn.After!)),
                .. triggers.SelectMany(trigger => trigger.Triggered).SelectMany(writer.dueTimes.BeginningOf),
            ]);
            return session;
        }

        private async Task SaveAsync(IDocumentSession session)
        {
            var began = TimeProvider.System.GetTimestamp();
            try
            {
                await session.SaveChangesAsync();
                writer.metrics?.Committed(
                    firsts.Count, appended.ConvertAll(each => (ISessionEvent)each.Event.Data), TimeProvider.System.GetElapsedTime(began));
            }
            catch (Exception outage) when (Outage.IsUnlessCancelled(Cause(outage)))
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

        /// <summary>The state after what was decided.</summary>
        public Session? After { get; private set; }

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

            After = session;
        }

        /// <summary>Answers each caller. Gives the session as it is now; null when it is not there.</summary>
        public SessionSnapshot? Complete(
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

            return after;
        }
    }
}
