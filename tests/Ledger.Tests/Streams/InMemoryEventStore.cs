using Ledger.Serialization;
using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Tests.Streams;

/// <summary>
/// The port to the event store, kept in memory, with everything that the real one may do to its callers: conflicts, taken keys, refused
/// data, outages. It remembers how it was used.
/// </summary>
internal sealed class InMemoryEventStore : IEventStore
{
    private readonly Lock gate = new();
    private readonly List<RecordedEvent> log = [];
    private readonly List<AppendUnit> units = [];
    private readonly Dictionary<(Guid Account, string Scope, string Key), RememberedAnswer> answers = [];

    /// <summary>Runs before each append, outside of any lock: the place for another writer, or for an outage.</summary>
    public Func<AppendUnit, Task> BeforeAppend { get; set; } = _ => Task.CompletedTask;

    /// <summary>Says which data the database refuses.</summary>
    public Predicate<ISessionEvent> Refuses { get; set; } = _ => false;

    /// <summary>The units that it was asked to append, refused ones included.</summary>
    public IReadOnlyList<AppendUnit> Units
    {
        get
        {
            lock (gate)
            {
                return [.. units];
            }
        }
    }

    /// <summary>How many units it was asked to append.</summary>
    public int Appends => Units.Count;

    /// <summary>How many times a stream was read.</summary>
    public int Reads { get; private set; }

    public IReadOnlyList<RecordedEvent> Log
    {
        get
        {
            lock (gate)
            {
                return [.. log];
            }
        }
    }

    public IEnumerable<T> Of<T>()
        where T : ISessionEvent => Log.Select(recorded => recorded.Data).OfType<T>();

    /// <summary>Holds every append back until it is released, and tells when the first one has arrived.</summary>
    public (Task Reached, Action Release) Hold()
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        BeforeAppend = _ =>
        {
            reached.TrySetResult();
            return held.Task;
        };
        return (reached.Task, held.SetResult);
    }

    /// <summary>Writes as another host would: behind the back of whoever has the stream cached.</summary>
    public void WriteBehindTheBack(StreamId stream, params ISessionEvent[] events)
    {
        lock (gate)
        {
            Write(new StreamAppend(stream, VersionOf(stream), [.. events.Select(e => new NewEvent(Guid.NewGuid(), e, EventContext.None))]));
        }
    }

    public async Task<AppendOutcome> AppendAsync(AppendUnit unit, CancellationToken cancellation)
    {
        await Task.Yield();
        await BeforeAppend(unit);
        lock (gate)
        {
            units.Add(unit);
            if (unit.Appends.SelectMany(append => append.Events).Any(e => Refuses(e.Data)))
            {
                throw new UnstorableEventException("The database refuses the data.");
            }

            if (unit.Answers.Any(answer => answers.ContainsKey(KeyOf(answer))))
            {
                return AppendOutcome.AnswerTaken;
            }

            if (unit.Appends.Any(append => VersionOf(append.Stream) != append.ExpectedVersion))
            {
                return AppendOutcome.Conflict;
            }

            foreach (var answer in unit.Answers)
            {
                answers.Add(KeyOf(answer), answer);
            }

            return new AppendOutcome(AppendVerdict.Appended, [.. unit.Appends.Select(Write)]);
        }
    }

    public async Task<IReadOnlyList<RecordedEvent>> ReadStreamAsync(StreamId stream, long afterVersion, CancellationToken cancellation)
    {
        await Task.Yield();
        lock (gate)
        {
            Reads++;
            return [.. log.Where(recorded => recorded.Stream == stream && recorded.Version > afterVersion)];
        }
    }

    public async Task<IReadOnlyList<RecordedEvent>> ReadStreamsAsync(
        IReadOnlyList<(StreamId Stream, long AfterVersion)> streams, CancellationToken cancellation)
    {
        var events = new List<RecordedEvent>();
        foreach (var (stream, afterVersion) in streams)
        {
            events.AddRange(await ReadStreamAsync(stream, afterVersion, cancellation));
        }

        return events;
    }

    public async Task<IReadOnlyList<RecordedEvent>> ReadAllAsync(long afterPosition, int limit, CancellationToken cancellation)
    {
        await Task.Yield();
        return [.. Log.Where(recorded => recorded.Position > afterPosition).Take(limit)];
    }

    public Task<long> ReadHeadAsync(CancellationToken cancellation) => Task.FromResult((long)Log.Count);

    /// <summary>Answers at once, so that a test knows when a command waits for its stream.</summary>
    public Task<RememberedAnswer?> FindAnswerAsync(Guid accountId, string scope, string key, CancellationToken cancellation)
    {
        lock (gate)
        {
            return Task.FromResult(answers.GetValueOrDefault((accountId, scope, key)));
        }
    }

    private static (Guid Account, string Scope, string Key) KeyOf(RememberedAnswer answer) => (answer.AccountId, answer.Scope, answer.Key);

    private long VersionOf(StreamId stream) => log.Count(recorded => recorded.Stream == stream);

    private long Write(StreamAppend append)
    {
        var first = log.Count + 1L;
        foreach (var added in append.Events)
        {
            log.Add(new RecordedEvent(
                log.Count + 1,
                added.Id,
                append.Stream,
                VersionOf(append.Stream) + 1,
                added.Data,
                EventTypes.For(added.Data).Alias,
                added.Data.At,
                added.Context));
        }

        return first;
    }
}
