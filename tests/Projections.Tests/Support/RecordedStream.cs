using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Projections.Tests.Support;

/// <summary>One session and its events as a store would record them, without a store.</summary>
internal sealed class RecordedStream
{
    private const long FirstPosition = 42;

    private readonly DateTimeOffset start = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

    public RecordedStream(TriggerSession command)
    {
        var triggered = TriggerSession.Decide(command, start).Answer!;
        Session = Session.Create(triggered);
        Events.Add(Record(triggered));
    }

    public Session Session { get; private set; }

    public List<RecordedEvent> Events { get; } = [];

    public StreamId Stream => new(Session.AccountId, Session.Id);

    /// <summary>Applies a decision a second later, and gives the events that are new.</summary>
    public IReadOnlyList<RecordedEvent> Add(Func<Session, DateTimeOffset, IReadOnlyList<ISessionEvent>> decide)
    {
        var before = Events.Count;
        foreach (var data in decide(Session, start.AddSeconds(Events.Count)))
        {
            Events.Add(Record(data));
            Session = Session.Fold(Session, data);
        }

        return Events[before..];
    }

    private RecordedEvent Record(ISessionEvent data) => new(
        FirstPosition + Events.Count, Guid.NewGuid(), Stream, Events.Count + 1, data, string.Empty, EventContext.None);
}
