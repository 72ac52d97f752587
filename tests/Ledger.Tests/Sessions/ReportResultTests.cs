using System.Text.Json;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Sessions;

public sealed class ReportResultTests
{
    public static TheoryData<bool, bool, bool, RunState> Verdicts => new()
    {
        { false, false, false, RunState.Passed },
        { true, false, false, RunState.Failed },
        { false, true, false, RunState.Failed },
        { false, false, true, RunState.Degraded },
        { true, false, true, RunState.Failed },
    };

    [Theory]
    [MemberData(nameof(Verdicts))]
    public void The_final_report_settles_the_run(bool failures, bool errors, bool degraded, RunState state)
    {
        var result = Passed(A) with { HasFailures = failures, HasErrors = errors, IsDegraded = degraded };

        Given.Stream(Running())
            .When(Report(result))
            .Then(result)
            .Answering(answer => (answer.Run.State, answer.Late, answer.Repeated).ShouldBe((state, false, false)))
            .Leaving(A, run => (run.State, run.SettledAt).ShouldBe((state, Now)));
    }

    [Fact]
    public void A_failed_try_is_kept_and_settles_nothing() =>
        Given.Stream(Running())
            .When(Report(Attempted(A)))
            .Then(Attempted(A))
            .Leaving(A, run => (run.State, run.Attempts.Count, run.Final).ShouldBe((RunState.Running, 1, null)));

    [Fact]
    public void The_ledger_counts_the_tries_that_nobody_counted() =>
        Given.Stream([.. Running(), Attempted(A)])
            .When(Report(Passed(A)) with { Attempt = null })
            .Then(Passed(A) with { Attempt = 2 });

    [Fact]
    public void The_same_report_twice_is_one_report()
    {
        Given.Stream([.. Running(), Passed(A)]).When(Report(Failed(A))).ThenNothing()
            .Answering(answer => (answer.Run.State, answer.Late, answer.Repeated).ShouldBe((RunState.Passed, false, true)));
        Given.Stream([.. Running(), Attempted(A)]).When(Report(Attempted(A))).ThenNothing();
        Given.Stream([.. Running(), TimedOut(A), LateResult(Failed(A))]).When(Report(Failed(A))).ThenNothing()
            .Answering(answer => (answer.Late, answer.Repeated).ShouldBe((true, true)));
    }

    [Fact]
    public void A_run_that_finishes_before_the_abort_keeps_its_real_result() =>
        Given.Stream([.. Cancelling(), Delivered(A), Acknowledged(A)])
            .When(Report(Failed(A)))
            .Then(Failed(A))
            .Leaving(A, run => (run.State, run.Cancel!.SettledAt, run.Cancel.StoppedAt).ShouldBe((RunState.Failed, Now, null)));

    [Fact]
    public void A_cancelled_result_settles_a_run_whose_cancel_is_open() =>
        Given.Stream(Cancelling())
            .When(Report(ReportedCancelled(A)))
            .Then(ReportedCancelled(A))
            .Leaving(A, run => run.State.ShouldBe(RunState.Cancelled));

    [Fact]
    public void Failures_inside_a_cancelled_run_do_not_make_it_failed() =>
        Given.Stream(Cancelling())
            .When(Report(ReportedCancelled(A) with { HasFailures = true, HasErrors = true, IsDegraded = true }))
            .Leaving(A, run => run.State.ShouldBe(RunState.Cancelled));

    [Theory]
    [InlineData(ResultType.Final)]
    [InlineData(ResultType.Attempt)]
    public void Nothing_is_cancelled_without_a_recorded_cancel(ResultType type) =>
        Given.Stream(Running())
            .When(Report(ReportedCancelled(A) with { ResultType = type }))
            .ThenRefused(RefusalKind.NoCancelRecorded);

    [Fact]
    public void Not_even_a_settled_run_takes_a_cancelled_result_without_a_cancel() =>
        Given.Stream([.. Running(), TimedOut(A)]).When(Report(ReportedCancelled(A))).ThenRefused(RefusalKind.NoCancelRecorded);

    [Fact]
    public void After_an_abort_the_cancelled_result_adds_its_details() =>
        Given.Stream([.. Cancelling(), Aborted(A)])
            .When(Report(DetailsOfTheAbort(A)))
            .Then(DetailsOfTheAbort(A))
            .Answering(answer => answer.Late.ShouldBeFalse())
            .Leaving(A, run =>
            {
                run.Final!.ResultId.ShouldBe(FirstResult);
                (run.State, run.SettledAt, run.Cancel!.StoppedAt).ShouldBe((RunState.Cancelled, Before, Before));
            });

    [Fact]
    public void Details_are_added_only_once()
    {
        var another = DetailsOfTheAbort(A) with { ResultId = SecondResult };

        Given.Stream([.. Cancelling(), Aborted(A), DetailsOfTheAbort(A)]).When(Report(DetailsOfTheAbort(A))).ThenNothing();
        Given.Stream([.. Cancelling(), Aborted(A), DetailsOfTheAbort(A)]).When(Report(another)).Then(LateResult(another));
    }

    [Fact]
    public void A_real_result_after_an_abort_is_late() =>
        Given.Stream([.. Cancelling(), Aborted(A)])
            .When(Report(Passed(A)))
            .Then(LateResult(Passed(A)))
            .Answering(answer => answer.Late.ShouldBeTrue())
            .Leaving(A, run => (run.State, run.Final).ShouldBe((RunState.Cancelled, null)));

    [Fact]
    public void An_attempt_after_an_abort_is_late_even_if_it_says_cancelled() =>
        Given.Stream([.. Cancelling(), Aborted(A)])
            .When(Report(Attempted(A) with { IsCancelled = true }))
            .Then(LateResult(Attempted(A) with { IsCancelled = true }));

    [Fact]
    public void A_cancelled_result_after_the_expiry_is_late() =>
        Given.Stream([.. Cancelling(), Expired(A)]).When(Report(ReportedCancelled(A))).Then(LateResult(ReportedCancelled(A)));

    [Fact]
    public void A_run_degrades_and_fails_beyond_its_own_limits()
    {
        var running = Running(Plan(A) with { DegradedAfterMs = 1000, MaxResponseTimeMs = 2000 });

        Given.Stream(running).When(Report(Passed(A) with { ResponseTime = 1000 })).Then(Passed(A) with { ResponseTime = 1000 });
        Given.Stream(running).When(Report(Passed(A) with { ResponseTime = 2000 }))
            .Then(Passed(A) with { ResponseTime = 2000, IsDegraded = true });
        Given.Stream(running).When(Report(Passed(A) with { ResponseTime = 2001 }))
            .Then(Passed(A) with { ResponseTime = 2001, IsDegraded = true, HasFailures = true, OverMaxResponseTime = true })
            .Leaving(A, run => run.State.ShouldBe(RunState.Failed));
    }

    [Fact]
    public void A_cancelled_run_is_not_measured_against_its_limits() =>
        Given.Stream([.. Running(Plan(A) with { DegradedAfterMs = 1000, MaxResponseTimeMs = 2000 }), Requested(A)])
            .When(Report(ReportedCancelled(A) with { ResponseTime = 9000 }))
            .Then(ReportedCancelled(A) with { ResponseTime = 9000 });

    [Fact]
    public void Times_are_recorded_in_UTC_and_details_as_they_came()
    {
        var started = new DateTimeOffset(2026, 8, 18, 12, 0, 0, TimeSpan.FromHours(2));
        var details = JsonDocument.Parse("""{"step": null, "tries": [1, 2.50]}""").RootElement;

        Given.Stream(Running())
            .When(Report(Passed(A)) with { StartedAt = started, StoppedAt = started.AddSeconds(1), Details = details })
            .Then(Passed(A) with
            {
                StartedAt = started.ToUniversalTime(),
                StoppedAt = started.AddSeconds(1).ToUniversalTime(),
                Details = details,
            });
    }

    [Fact]
    public void A_full_run_takes_no_further_attempt_but_always_its_result()
    {
        ISessionEvent[] full =
        [
            .. Running(),
            .. Enumerable.Range(1, Limits.ReportsPerRun).Select(n => Attempted(A) with { ResultId = new Guid(n, 0, 0, new byte[8]) }),
        ];

        Given.Stream(full).When(Report(Attempted(A))).ThenRefused(RefusalKind.TooMuch);
        Given.Stream(full).When(Report(Passed(A))).Then(Passed(A));
        Given.Stream([.. full, Requested(A), Aborted(A)]).When(Report(DetailsOfTheAbort(A))).Then(DetailsOfTheAbort(A));
        Given.Stream([.. full, TimedOut(A)]).When(Report(Passed(A))).ThenRefused(RefusalKind.TooMuch);
    }

    [Fact]
    public void Only_the_holder_reports() =>
        Given.Stream(Running()).When(Report(Passed(A) with { RunnerId = OtherRunner })).ThenRefused(RefusalKind.HeldByAnother);

    [Fact]
    public void A_run_that_nobody_claimed_has_no_result() =>
        Given.Stream(Triggered()).When(Report(Passed(A))).ThenRefused(RefusalKind.NotClaimed);

    [Fact]
    public void What_comes_for_a_run_that_was_cancelled_unclaimed_is_late() =>
        Given.Stream(Triggered(), Requested(A), NeverStarted(A)).When(Report(Passed(A))).Then(LateResult(Passed(A)));

    [Fact]
    public void A_run_that_does_not_exist_is_unknown() =>
        Given.Stream(Running()).When(Report(Passed(Unknown))).ThenRefused(RefusalKind.UnknownRun);
}
