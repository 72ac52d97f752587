using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Streams;

public sealed class TriggerTests
{
    private static readonly TriggerSession Nightly = new(
        SessionId, Account, SessionKind.Check, null, "Nightly", SessionSource.TriggerApi, Alice, null, ConflictBehaviour.Queue, null, [Plan(A)]);

    private static readonly TriggerSession Other = Nightly with { SessionId = new Guid(1, 2, 3, new byte[8]), Runs = [Plan(B)] };

    private readonly InMemoryEventStore store = new();
    private readonly Host host;

    public TriggerTests() => host = new Host(store);

    [Fact]
    public async Task Several_sessions_begin_in_one_append()
    {
        var (sessions, refusal) = await host.Streams.TriggerAsync([Nightly, Other], new EventContext("Alice"));

        refusal.ShouldBeNull();
        sessions.Select(snapshot => snapshot.Session.Id).ShouldBe([Nightly.SessionId, Other.SessionId]);
        sessions.Select(snapshot => snapshot.FirstPosition).ShouldBe([1, 2]);
        (store.Appends, store.Log.Count).ShouldBe((1, 2));
        store.Log.ShouldAllBe(recorded => recorded.Version == 1 && recorded.Context.UserName == "Alice");
    }

    [Fact]
    public async Task One_session_that_is_refused_keeps_all_from_beginning()
    {
        var (sessions, refusal) = await host.Streams.TriggerAsync([Nightly, Other with { Runs = [] }], EventContext.None);

        refusal!.Kind.ShouldBe(RefusalKind.Malformed);
        sessions.ShouldBeEmpty();
        store.Log.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_session_that_exists_keeps_all_from_beginning()
    {
        await host.Streams.TriggerAsync([Other], EventContext.None);

        await Should.ThrowAsync<InvalidOperationException>(() => host.Streams.TriggerAsync([Nightly, Other], EventContext.None));

        store.Of<SessionTriggered>().ShouldHaveSingleItem().SessionId.ShouldBe(Other.SessionId);
        (await host.Streams.ReadAsync(Host.Stream, default)).ShouldBeNull();
    }

    [Fact]
    public async Task A_new_session_is_cached_and_takes_commands_at_once()
    {
        await host.Streams.TriggerAsync([Nightly], EventContext.None);

        var executed = await host.CancelAsync();

        executed.Snapshot!.Session.Status.ShouldBe(SessionStatus.Cancelled);
        store.Reads.ShouldBe(0);
    }

    [Fact]
    public async Task Nothing_to_trigger_is_nothing_to_append()
    {
        var (sessions, refusal) = await host.Streams.TriggerAsync([], EventContext.None);

        (sessions.Count, refusal, store.Appends).ShouldBe((0, null, 0));
    }
}
