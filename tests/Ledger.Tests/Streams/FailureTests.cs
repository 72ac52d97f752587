using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Streams;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Streams;

public sealed class FailureTests
{
    [Fact]
    public async Task A_command_whose_data_the_store_refuses_fails_alone()
    {
        var (host, store) = Host.With(Running());
        store.Refuses = data => data is ResultReported { Attempt: 13 };

        var (good, bad) = await TogetherAsync(host, store, () => host.ReportAsync(Numbered(13)));

        await Should.ThrowAsync<UnstorableEventException>(() => bad);
        good.ShouldAllBe(executed => executed.Decision.Answer != null);
        store.Of<ResultReported>().Select(result => result.Attempt).ShouldBe([0, 1, 2, 3, 4]);
    }

    [Fact]
    public async Task A_decision_that_throws_fails_alone()
    {
        var (host, store) = Host.With(Running());

        var (good, bad) = await TogetherAsync(
            host,
            store,
            () => host.Streams.ExecuteAsync<ReportAnswer>(
                Host.Stream, (_, _) => throw new FormatException("a defect"), EventContext.None));

        (await Should.ThrowAsync<FormatException>(() => bad)).Message.ShouldBe("a defect");
        good.ShouldAllBe(executed => executed.Decision.Answer != null);
        store.Of<ResultReported>().Select(result => result.Attempt).ShouldBe([0, 1, 2, 3, 4]);
    }

    [Fact]
    public async Task An_outage_reaches_everyone_who_waits_and_the_next_command_is_served()
    {
        var (host, store) = Host.With(Running());
        store.BeforeAppend = _ => throw new StoreUnavailableException("gone");
        await Should.ThrowAsync<StoreUnavailableException>(() => host.CancelAsync());
        await Should.ThrowAsync<StoreUnavailableException>(() => host.ReportAsync(Passed(A)));
        store.BeforeAppend = _ => Task.CompletedTask;

        (await host.CancelAsync()).Decision.Answer!.IsNew.ShouldBeTrue();
    }

    [Fact]
    public async Task Whoever_stops_waiting_does_not_stop_the_others()
    {
        var (host, store) = Host.With(Running());
        var held = new TaskCompletionSource();
        store.BeforeAppend = _ => held.Task;
        using var impatience = new CancellationTokenSource();
        var impatient = host.Streams.ExecuteAsync(
            Host.Stream,
            (session, now) => ReportResult.Decide(session, Report(Attempted(A)), now),
            EventContext.None,
            cancellation: impatience.Token);
        var patient = host.ReportAsync(Passed(A));

        await impatience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => impatient);
        held.SetResult();

        (await patient).Decision.Answer!.Run.State.ShouldBe(RunState.Passed);
        store.Of<ResultReported>().Count().ShouldBe(2);
    }

    [Fact]
    public async Task A_session_that_the_account_does_not_have_is_unknown()
    {
        var (host, store) = Host.With(Running());
        var foreign = new StreamId(Guid.NewGuid(), SessionId);

        var executed = await host.Streams.ExecuteAsync(
            foreign, (session, now) => RequestCancel.Decide(session, Cancel(), CancelPolicy.Default, now), EventContext.None);

        executed.Decision.Refusal!.Kind.ShouldBe(RefusalKind.UnknownSession);
        executed.Snapshot.ShouldBeNull();
        store.Appends.ShouldBe(0);
        (await host.Streams.ReadAsync(foreign, default)).ShouldBeNull();
    }

    /// <summary>
    /// Sends four good commands and the bad one between them, all while an append is held back, so that they are decided together.
    /// </summary>
    private static async Task<(Executed<ReportAnswer>[] Good, Task Bad)> TogetherAsync(Host host, InMemoryEventStore store, Func<Task> bad)
    {
        var (reached, release) = store.Hold();
        var first = host.ReportAsync(Numbered(0));
        await reached;
        var before = Enumerable.Range(1, 2).Select(n => host.ReportAsync(Numbered(n))).ToList();
        var failing = bad();
        var after = Enumerable.Range(3, 2).Select(n => host.ReportAsync(Numbered(n))).ToList();
        release();
        return (await Task.WhenAll([first, .. before, .. after]), failing);
    }

    private static ResultReported Numbered(int attempt) => Attempted(A) with { ResultId = Guid.NewGuid(), Attempt = attempt };
}
