using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Ledger.Serialization;
using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Tests.Sessions.Sequences;

/// <summary>
/// The properties P2 to P5 and P12 (docs/domain.md#properties) and rules 3 and 4 (docs/domain.md#rules), for any order and duplication of
/// commands. A failure prints the shortest story that breaks the property, and the seed.
/// </summary>
public sealed class GeneratedSequencesTests
{
    private static readonly Config Thorough = Config.QuickThrowOnFailure.WithMaxTest(4_000).WithQuietOnSuccess(true);

    [Fact]
    public void A_settled_run_never_changes_again() => ForEveryStory(story =>
    {
        var growing = new GrowingStream(story);
        foreach (var step in story.Steps)
        {
            var before = growing.Session;
            growing.Do(step);
            foreach (var run in before.Runs.Where(run => !run.IsOpen))
            {
                var after = growing.Session.FindRun(run.SequenceId)!;
                (after.State, after.SettledAt, after.Cancel).ShouldBe((run.State, run.SettledAt, run.Cancel), $"after {step}");
            }

            if (before.SettledAt is { } settled)
            {
                (growing.Session.SettledAt, growing.Session.Status).ShouldBe((settled, before.Status), $"after {step}");
            }
        }
    });

    [Fact]
    public void A_run_is_settled_by_exactly_one_event_and_readers_without_the_fold_see_the_same() => ForEveryStory(story =>
    {
        var growing = new GrowingStream(story);
        foreach (var step in story.Steps)
        {
            growing.Do(step);
        }

        foreach (var run in growing.Session.Runs)
        {
            var settling = growing.Stream.Where(data => Settles(data) == run.SequenceId).ToList();
            settling.Count.ShouldBe(run.IsOpen ? 0 : 1);
            settling.All(data => data.At == run.SettledAt).ShouldBeTrue();
        }

        growing.Session.OpenRuns.ShouldBe(growing.Session.Runs.Count(run => run.IsOpen));
        growing.Session.IsOpen.ShouldBe(growing.Session.Status
            is SessionStatus.Started or SessionStatus.Progress or SessionStatus.ProgressDegraded or SessionStatus.ProgressFailed
            or SessionStatus.Running);
    });

    [Fact]
    public void The_stored_events_fold_to_the_state_that_the_decisions_were_made_on() => ForEveryStory(story =>
    {
        var growing = new GrowingStream(story);
        foreach (var step in story.Steps)
        {
            growing.Do(step);
        }

        var stored = growing.Stream.Select(data => (Type: EventTypes.For(data), Json: EventTypes.For(data).Write(data)));
        var folded = stored.Select(e => e.Type.Read(e.Json)).Aggregate(default(Session), Session.Fold);

        Text(folded!).ShouldBe(Text(growing.Session));
    });

    [Fact]
    public void The_same_command_again_is_no_new_fact() => ForEveryStory(story =>
    {
        var growing = new GrowingStream(story);
        foreach (var step in story.Steps)
        {
            growing.Do(step);
            growing.WouldDo(step).ShouldBeEmpty($"after {step}");
        }
    });

    [Fact]
    public void Every_open_cancel_can_be_settled_by_its_expiry() => ForEveryStory(story =>
    {
        var growing = new GrowingStream(story);
        foreach (var step in story.Steps)
        {
            growing.Do(step);
            foreach (var run in growing.Session.Runs.Where(run => run.IsCancelling))
            {
                var expiry = ExpireCancel.Decide(growing.Session, new ExpireCancel(run.SequenceId, run.Cancel!.CancelId), Checkout.Now);
                var settled = expiry.Events.Aggregate(growing.Session, Session.Fold).FindRun(run.SequenceId)!;
                (settled.State, settled.Cancel!.Expired, settled.SettledAt).ShouldBe((RunState.Cancelled, true, Checkout.Now));
            }
        }
    });

    [Fact]
    public void No_run_is_cancelled_without_a_recorded_request() => ForEveryStory(story =>
    {
        var growing = new GrowingStream(story);
        foreach (var step in story.Steps)
        {
            growing.Do(step);
            var requested = growing.Stream.OfType<CancelRequested>().SelectMany(cancel => cancel.Targets).ToHashSet();
            foreach (var run in growing.Session.Runs.Where(run =>
                run.State is RunState.Cancelled or RunState.Cancelling || run.Final is { IsCancelled: true }))
            {
                requested.ShouldContain(run.SequenceId, $"after {step}");
                run.Cancel.ShouldNotBeNull();
            }
        }
    });

    [Fact]
    public void Only_what_may_be_cancelled_is_ever_targeted() => ForEveryStory(story =>
    {
        var growing = new GrowingStream(story);
        foreach (var step in story.Steps)
        {
            var before = growing.Session;
            var isFirst = new HashSet<Guid>(before.Cancels.Keys);
            foreach (var target in growing.Do(step).OfType<CancelRequested>().Where(cancel => isFirst.Add(cancel.CancelId)).SelectMany(c => c.Targets))
            {
                var run = before.FindRun(target)!;
                run.IsOpen.ShouldBeTrue();
                story.Scheduled.ShouldBeFalse();
                (story.Kind is SessionKind.Run || run.Plan.CheckType is CheckTypes.Playwright).ShouldBeTrue();
                (story is { Kind: SessionKind.Run, OnlyQueued: true } && run.State is not RunState.Queued).ShouldBeFalse();
            }
        }
    });

    [Fact]
    public void Cancelling_some_and_then_the_rest_is_cancelling_all() => ForEveryStory(story =>
    {
        var (some, all) = (new GrowingStream(story), new GrowingStream(story));
        var subset = new Step(StepKind.Cancel, story.Steps.Count % 15 + 1, 0);
        foreach (var step in story.Steps)
        {
            some.Do(step);
            all.Do(step);
        }

        some.Do(subset);
        some.Do(new Step(StepKind.CancelAll, 1, 0));
        all.Do(new Step(StepKind.CancelAll, 1, 0));

        States(some).ShouldBe(States(all));
        ExpireAll(some);
        ExpireAll(all);
        States(some).ShouldBe(States(all));
        some.Session.Status.ShouldBe(all.Session.Status);
    });

    [Fact]
    public void No_order_of_a_streams_events_reopens_a_run() => ForEveryStory(story =>
    {
        var growing = new GrowingStream(story);
        foreach (var step in story.Steps)
        {
            growing.Do(step);
        }

        var events = growing.Stream.Skip(1).ToArray();
        new Random(story.Steps.Count).Shuffle(events);
        var session = Session.Create(story.Triggered());
        foreach (var data in events.Concat(events))
        {
            var before = session;
            session = Session.Fold(session, data);
            foreach (var run in before.Runs.Where(run => !run.IsOpen))
            {
                var after = session.FindRun(run.SequenceId)!;
                (after.State, after.SettledAt).ShouldBe((run.State, run.SettledAt), $"after {data}");
            }
        }
    });

    /// <summary>The stories are worth telling: they reach every state and every event.</summary>
    [Fact]
    public void The_generated_stories_reach_everything()
    {
        var streams = Story.Arbitrary.Generator.Sample(2_000, 50).Select(story =>
        {
            var growing = new GrowingStream(story);
            foreach (var step in story.Steps)
            {
                growing.Do(step);
            }

            return growing;
        }).ToList();

        streams.SelectMany(growing => growing.Session.Runs).Select(run => run.State).Distinct().Order().ShouldBe(Enum.GetValues<RunState>());
        streams.SelectMany(growing => growing.Stream).Select(data => data.GetType()).Distinct().Count().ShouldBe(14);
        streams.SelectMany(growing => growing.Stream).OfType<LateReport>().Select(late => late.Kind).Distinct().Order()
            .ShouldBe(Enum.GetValues<LateReportKind>());
        streams.SelectMany(growing => growing.Stream).OfType<ResultReported>()
            .ShouldContain(result => result.ResultType == ResultType.Final && !result.Settles);
    }

    private static void ForEveryStory(Action<Story> property) => Check.One(Thorough, Prop.ForAll(Story.Arbitrary, property));

    /// <summary>Which run an event settles, told from the event alone.</summary>
    private static Guid? Settles(ISessionEvent data) => data is ISettlesRun { Outcome: not null } e ? e.SequenceId : null;

    private static RunState[] States(GrowingStream growing) => [.. growing.Session.Runs.Select(run => run.State)];

    private static void ExpireAll(GrowingStream growing)
    {
        for (var at = 0; at < growing.Session.Runs.Length; at++)
        {
            growing.Do(new Step(StepKind.Expire, 1 << at, 0));
        }
    }

    private static string Text(Session session) => JsonSerializer.Serialize(session);
}
