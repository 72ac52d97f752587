using Ledger.Sessions;
using Ledger.Sessions.Events;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Sessions;

public sealed class RequestCancelTests
{
    [Fact]
    public void A_running_run_is_targeted_and_goes_on_until_it_has_stopped() =>
        Given.Stream(Running())
            .When(Cancel())
            .Then(Requested(A))
            .Answering(answer =>
            {
                answer.CancelId.ShouldBe(FirstCancel);
                answer.IsNew.ShouldBeTrue();
                answer.Targeted.ShouldBe([A]);
                answer.Skipped.ShouldBeEmpty();
            })
            .Leaving(A, run =>
            {
                run.State.ShouldBe(RunState.Cancelling);
                run.Cancel.ShouldBe(new RunCancel(FirstCancel, Now, Forced: false));
                run.SettledAt.ShouldBeNull();
            });

    [Fact]
    public void A_claimed_run_is_left_to_its_runner() =>
        Given.Stream(Triggered(), Claimed(A)).When(Cancel()).Then(Requested(A)).Leaving(A, run => run.IsOpen.ShouldBeTrue());

    [Fact]
    public void A_queued_run_never_starts() =>
        Given.Stream(Triggered())
            .When(Cancel())
            .Then(Requested(A), NeverStarted(A))
            .Leaving(A, run =>
            {
                run.State.ShouldBe(RunState.Cancelled);
                run.SettledAt.ShouldBe(Now);
                run.Cancel!.How.ShouldBe(AbortManner.NeverStarted);
                run.Cancel.StoppedAt.ShouldBe(Now);
            })
            .Leaving(session => session.Status.ShouldBe(SessionStatus.Cancelled));

    [Fact]
    public void Queued_and_running_runs_are_cancelled_by_one_request() =>
        Given.Stream(Triggered(Plan(A), Plan(B)), Claimed(A))
            .When(Cancel())
            .Then(Requested(A, B), NeverStarted(B))
            .Answering(answer => answer.Targeted.ShouldBe([A, B]));

    [Fact]
    public void Runs_of_other_types_continue_to_their_natural_end() =>
        Given.Stream(Triggered(Plan(A), Plan(B, Api)))
            .When(Cancel())
            .Then(Requested(A) with { Skipped = [new(B, SkipReason.NotCancellable)] }, NeverStarted(A))
            .Answering(answer => answer.Skipped.ShouldBe([new SkippedRun(B, SkipReason.NotCancellable)]))
            .Leaving(B, run => run.State.ShouldBe(RunState.Queued));

    [Fact]
    public void A_subset_leaves_the_rest_alone() =>
        Given.Stream(Triggered(Plan(A), Plan(B), Plan(C)))
            .When(Cancel(B))
            .Then(Requested(B), NeverStarted(B))
            .Leaving(session => session.Runs.Select(run => run.State).ShouldBe([RunState.Queued, RunState.Cancelled, RunState.Queued]));

    [Fact]
    public void Repeated_ids_collapse_and_unknown_ones_are_skipped() =>
        Given.Stream(Running())
            .When(Cancel(A, Unknown, A, Unknown))
            .Then(Requested(A) with { Skipped = [new(Unknown, SkipReason.Unknown)] });

    [Fact]
    public void Finished_runs_keep_their_result() =>
        Given.Stream([.. Running(Plan(A), Plan(B)), Passed(A)])
            .When(Cancel())
            .Then(Requested(B) with { Skipped = [new(A, SkipReason.AlreadyFinished)] })
            .Leaving(A, run => (run.State, run.Cancel).ShouldBe((RunState.Passed, null)));

    [Fact]
    public void Everything_that_was_said_about_the_request_is_recorded()
    {
        var successor = new Guid("7c1d0000-0000-4000-8000-000000000002");
        var origin = new Dictionary<string, string> { ["source"] = "CLI" };

        Given.Stream(Running())
            .When(Cancel() with
            {
                Actor = Actor.Concurrency,
                Via = CancelVia.Ledger,
                Cause = CancelCause.Superseded,
                Reason = "a newer commit",
                Force = true,
                SupersededBy = successor,
                Origin = origin,
            })
            .Then(Requested(A) with
            {
                Actor = Actor.Concurrency,
                Via = CancelVia.Ledger,
                Cause = CancelCause.Superseded,
                Reason = "a newer commit",
                Forced = true,
                SupersededBy = successor,
                Origin = origin,
            })
            .Leaving(A, run => run.Cancel!.Forced.ShouldBeTrue())
            .Leaving(session => session.Cancels[FirstCancel].SupersededBy.ShouldBe(successor));
    }

    [Fact]
    public void A_reason_and_a_list_of_runs_have_a_limit()
    {
        var ids = Enumerable.Range(1, Limits.Runs).Select(n => new Guid(n, 0, 0, new byte[8])).ToList();

        Given.Stream(Running()).When(Cancel() with { Reason = new string('r', Limits.Reason + 1) }).ThenRefused(RefusalKind.TooMuch);
        Given.Stream(Running()).When(Cancel() with { SequenceIds = [.. ids, A] }).ThenRefused(RefusalKind.TooMuch);
        Given.Stream(Running())
            .When(Cancel() with { Reason = new string('r', Limits.Reason), SequenceIds = [.. ids[1..], A] })
            .Answering(answer => answer.Targeted.ShouldBe([A]));
    }

    [Fact]
    public void A_plain_run_in_execution_is_refused_by_the_older_contract() =>
        Given.Stream(PlainRun(), Claimed(A), Started(A))
            .When(Cancel(), CancelPolicy.Default with { OnlyQueued = true })
            .ThenRefused(RefusalKind.NothingToCancel, Refused(new SkippedRun(A, SkipReason.NotCancellable)));

    [Fact]
    public void A_plain_run_in_the_queue_is_cancelled_by_the_older_contract() =>
        Given.Stream(PlainRun())
            .When(Cancel(), CancelPolicy.Default with { OnlyQueued = true })
            .Then(Requested(A), NeverStarted(A));
}
