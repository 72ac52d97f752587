using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Streams;
using Ledger.Support;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Streams;

/// <summary>One host over a store that it may share with others.</summary>
internal sealed class Host(InMemoryEventStore store)
{
    public static readonly StreamId Stream = new(Account, SessionId);

    public SessionCache Cache { get; } = new(10_000);

    public FakeClock Clock { get; } = new(Now);

    public SessionStreams Streams => field ??= new SessionStreams(store, Cache, Clock);

    /// <summary>A host whose store holds these events, none of them cached.</summary>
    public static (Host Host, InMemoryEventStore Store) With(params ISessionEvent[] events)
    {
        var store = new InMemoryEventStore();
        store.WriteBehindTheBack(Stream, events);
        return (new Host(store), store);
    }

    public Task<Executed<CancelAnswer>> CancelAsync(RequestCancel? command = null, string? key = null) =>
        Streams.ExecuteAsync(
            Stream,
            (session, now) => RequestCancel.Decide(
                session, command ?? Cancel() with { CancelId = Guid.NewGuid() }, CancelPolicy.Default, now),
            EventContext.None,
            key is null ? null : new Remember<CancelAnswer>(key, "cancel", "digest", Written));

    public Task<Executed<ReportAnswer>> ReportAsync(ResultReported result) =>
        Streams.ExecuteAsync(Stream, (session, now) => ReportResult.Decide(session, Report(result), now), EventContext.None);

    private static string Written(Decision<CancelAnswer> decision) =>
        $"\"{decision.Answer?.CancelId.ToString() ?? decision.Refusal!.Kind.ToString()}\"";
}
