using Ledger.Sessions;
using Ledger.Store;

namespace Ledger.Streams;

/// <summary>The decisions of several commands on one stream, each made on the state that the ones before it leave.</summary>
internal sealed class DecidedBatch(Session session)
{
    private readonly List<NewEvent> events = [];

    /// <summary>The state after everything that was decided so far.</summary>
    public Session Session { get; private set; } = session;

    /// <summary>The answers to keep.</summary>
    public List<RememberedAnswer> Answers { get; } = [];

    /// <summary>Whether two of the commands came under the same idempotency key: only one of them can be the first.</summary>
    public bool RepeatsAKey => Answers.Count > 1 && Answers.DistinctBy(answer => (answer.Scope, answer.Key)).Count() < Answers.Count;

    /// <summary>Whether there is nothing to write.</summary>
    public bool IsEmpty => events.Count == 0 && Answers.Count == 0;

    /// <summary>Whether the stream will grow, so that its version guards the decision.</summary>
    public bool HasEvents => events.Count > 0;

    public void Add(NewEvent decided)
    {
        events.Add(decided);
        Session = Session.Fold(Session, decided.Data);
    }

    public AppendUnit ToUnit(StreamId stream, long expectedVersion) =>
        new(events.Count == 0 ? [] : [new StreamAppend(stream, expectedVersion, events)], Answers);

    public SessionSnapshot Advance(SessionSnapshot before, AppendOutcome outcome) => events.Count == 0
        ? before
        : before with
        {
            Session = Session,
            Version = before.Version + events.Count,
            LastPosition = outcome.FirstPositions[0] + events.Count - 1,
        };
}
