using System.Collections.Concurrent;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Streams;

public sealed class ConcurrentCommandsTests
{
    [Fact]
    public async Task Two_hundred_identical_cancels_are_one_event_and_one_answer()
    {
        var (host, store) = Host.With([.. Running(Plan(A), Plan(B), Plan(C, Api)), Passed(B)]);

        var executed = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => host.CancelAsync())));

        var requested = store.Of<CancelRequested>().ShouldHaveSingleItem();
        executed.Select(e => e.Decision.Answer!.CancelId).Distinct().ShouldBe([requested.CancelId]);
        executed.ShouldAllBe(e => e.Decision.Answer!.Targeted.SequenceEqual(new[] { A }));
        executed.Count(e => e.Decision.Answer!.IsNew).ShouldBe(1);
        executed.ShouldAllBe(e => e.Decision.Answer!.Skipped.Count == 2);
        executed.ShouldAllBe(e => e.Snapshot!.Session.FindRun(A)!.IsCancelling);
    }

    [Fact]
    public async Task Two_hundred_cancels_on_two_hosts_are_one_event()
    {
        var (one, store) = Host.With(Running());
        var other = new Host(store);

        var executed = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(n => Task.Run(() => (n % 2 == 0 ? one : other).CancelAsync())));

        var requested = store.Of<CancelRequested>().ShouldHaveSingleItem();
        executed.ShouldAllBe(e => e.Decision.Answer!.CancelId == requested.CancelId);
    }

    [Fact]
    public async Task Two_hundred_cancels_of_a_queued_session_are_one_request()
    {
        var (host, store) = Host.With(Triggered());

        var executed = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => host.CancelAsync())));

        store.Log.Select(recorded => recorded.Type).ShouldBe(["session_triggered", "cancel_requested", "run_aborted"]);
        executed.Count(e => e.Decision.Answer is not null).ShouldBe(1);
        executed.Count(e => e.Decision.Refusal?.Kind is RefusalKind.NothingToCancel).ShouldBe(199);
    }

    [Fact]
    public async Task Whoever_comes_while_one_is_written_is_written_together()
    {
        var (host, store) = Host.With([.. Running(), Requested(A)]);
        var (reached, release) = store.Hold();
        var first = host.ReportAsync(Attempted(A) with { ResultId = Guid.NewGuid() });
        await reached;

        var others = Enumerable.Range(0, 50).Select(_ => host.ReportAsync(Attempted(A) with { ResultId = Guid.NewGuid() })).ToList();
        release();
        await Task.WhenAll([first, .. others]);

        store.Of<ResultReported>().Count().ShouldBe(51);
        store.Appends.ShouldBe(2);
        store.Log.Select(recorded => recorded.Version).ShouldBe(Enumerable.Range(1, store.Log.Count).Select(n => (long)n));
    }

    [Fact]
    public async Task A_rush_is_written_in_portions()
    {
        var (host, store) = Host.With(Running());
        var sizes = new ConcurrentQueue<int>();
        var held = new TaskCompletionSource();
        var reached = new TaskCompletionSource();
        store.BeforeAppend = async unit =>
        {
            sizes.Enqueue(unit.Appends[0].Events.Count);
            reached.TrySetResult();
            await held.Task;
        };
        var first = host.ReportAsync(Attempted(A) with { ResultId = Guid.NewGuid() });
        await reached.Task;

        var others = Enumerable.Range(0, 600).Select(_ => host.ReportAsync(Attempted(A) with { ResultId = Guid.NewGuid() })).ToList();
        held.SetResult();
        await Task.WhenAll([first, .. others]);

        sizes.ShouldBe([1, 256, 256, 88]);
    }

    [Fact]
    public async Task Each_command_is_decided_on_what_the_ones_before_it_left()
    {
        var (host, store) = Host.With(Running());
        var (reached, release) = store.Hold();
        var attempt = host.ReportAsync(Attempted(A));
        await reached;

        var pass = host.ReportAsync(Passed(A));
        var cancel = host.CancelAsync();
        release();
        await Task.WhenAll(attempt, pass, cancel);

        (await pass).Decision.Answer!.Run.State.ShouldBe(RunState.Passed);
        (await cancel).Decision.Refusal!.Kind.ShouldBe(RefusalKind.NothingToCancel);
        store.Appends.ShouldBe(2);
    }

    [Fact]
    public async Task Commands_on_different_sessions_do_not_wait_for_each_other()
    {
        var (host, store) = Host.With(Running());
        var held = new TaskCompletionSource();
        store.BeforeAppend = unit => unit.Appends[0].Stream == Host.Stream ? held.Task : Task.CompletedTask;
        var stuck = host.CancelAsync();

        var other = new StreamId(Account, Guid.NewGuid());
        store.WriteBehindTheBack(other, [Triggered() with { SessionId = other.SessionId }]);
        var executed = await host.Streams.ExecuteAsync(
            other, (session, now) => ClaimRun.Decide(session, new ClaimRun(A, Runner, 30), now), EventContext.None);

        executed.Decision.Answer!.State.ShouldBe(RunState.Claimed);
        stuck.IsCompleted.ShouldBeFalse();
        held.SetResult();
        await stuck;
    }
}
