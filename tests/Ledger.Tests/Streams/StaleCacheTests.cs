using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Streams;

public sealed class StaleCacheTests
{
    [Fact]
    public async Task A_decision_on_a_stale_cache_is_made_again()
    {
        var (host, store) = Host.With(Running());
        await host.Streams.ReadAsync(Host.Stream, default);
        store.WriteBehindTheBack(Host.Stream, Passed(A));

        var executed = await host.CancelAsync();

        executed.Decision.Refusal!.Kind.ShouldBe(RefusalKind.NothingToCancel);
        store.Of<CancelRequested>().ShouldBeEmpty();
        store.Of<CancelRefused>().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_stale_cache_does_not_decide_that_nothing_has_to_be_recorded()
    {
        var (host, store) = Host.With([.. Running(Plan(A), Plan(B)), Requested(A)]);
        await host.Streams.ReadAsync(Host.Stream, default);
        store.WriteBehindTheBack(Host.Stream, Aborted(A));

        // To the cache the cancel is still under way, so that asking again would append nothing and succeed.
        var executed = await host.CancelAsync(Cancel(A) with { Actor = Bob });

        executed.Decision.Refusal!.Kind.ShouldBe(RefusalKind.NothingToCancel);
        store.Of<CancelRefused>().ShouldHaveSingleItem().Actor.ShouldBe(Bob);
        executed.Snapshot!.Session.FindRun(A)!.State.ShouldBe(RunState.Cancelled);
    }

    [Fact]
    public async Task A_stale_cache_does_not_decide_a_refusal()
    {
        var (host, store) = Host.With(Triggered());
        await host.Streams.ReadAsync(Host.Stream, default);
        store.WriteBehindTheBack(Host.Stream, Claimed(A));

        // To the cache nobody has claimed the run.
        var executed = await host.ReportAsync(Passed(A));

        executed.Decision.Answer!.Run.State.ShouldBe(RunState.Passed);
    }

    [Fact]
    public async Task What_is_cached_is_not_read_again_to_write()
    {
        var (host, store) = Host.With(Running());
        await host.Streams.ReadAsync(Host.Stream, default);

        await host.ReportAsync(Attempted(A));
        await host.CancelAsync();

        (store.Reads, store.Appends).ShouldBe((1, 2));
    }

    [Fact]
    public async Task A_writer_between_the_read_and_the_append_makes_the_decision_new()
    {
        var (host, store) = Host.With(Running());
        store.BeforeAppend = Once(() => store.WriteBehindTheBack(Host.Stream, Attempted(A)));

        var executed = await host.ReportAsync(Passed(A) with { Attempt = 2 });

        executed.Snapshot!.Version.ShouldBe(5);
        executed.Snapshot.Session.FindRun(A)!.Attempts.Count.ShouldBe(1);
        store.Log.Select(recorded => recorded.Type)
            .ShouldBe(["session_triggered", "run_claimed", "run_started", "result_reported", "result_reported"]);
    }

    [Fact]
    public async Task The_answer_is_the_one_of_the_decision_that_was_recorded()
    {
        var (host, store) = Host.With(Running());
        store.BeforeAppend = Once(() => store.WriteBehindTheBack(Host.Stream, Requested(A)));

        var executed = await host.CancelAsync(Cancel() with { CancelId = SecondCancel });

        executed.Decision.Answer!.ShouldSatisfyAllConditions(
            answer => answer.CancelId.ShouldBe(FirstCancel),
            answer => answer.IsNew.ShouldBeFalse());
        store.Of<CancelRequested>().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_stream_that_never_stands_still_is_given_up_after_a_bounded_number_of_tries()
    {
        var (host, store) = Host.With(Running());
        store.BeforeAppend = _ =>
        {
            store.WriteBehindTheBack(Host.Stream, Attempted(A) with { ResultId = Guid.NewGuid() });
            return Task.CompletedTask;
        };

        await Should.ThrowAsync<StoreUnavailableException>(() => host.ReportAsync(Passed(A)));

        store.Appends.ShouldBe(12);
        store.Of<ResultReported>().ShouldAllBe(result => result.ResultType == ResultType.Attempt);
    }

    private static Func<AppendUnit, Task> Once(Action action)
    {
        var done = false;
        return _ =>
        {
            if (!done)
            {
                done = true;
                action();
            }

            return Task.CompletedTask;
        };
    }
}
