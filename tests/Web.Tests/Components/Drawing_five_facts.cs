using Bunit;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Web.Sessions;
using Ledger.Web.Tests.Support;

namespace Ledger.Web.Tests.Components;

/// <summary>The five facts of a cancelled run in each state that a cancel can be in: what is proven is said, and what is not never looks so.</summary>
public sealed class Drawing_five_facts : BunitContext
{
    public static TheoryData<string, int, string, string> States { get; } = new()
    {
        { "requested", 1, "plain", "Stopping." },
        { "forced", 1, "plain", "Forced: the runner is told to kill." },
        { "delivered", 2, "plain", "Stopping." },
        { "acknowledged", 3, "plain", "Stopping." },
        { "proven", 5, "proven", "no process of it was left" },
        { "left", 5, "unproven", "2 processes were left" },
        { "unlooked", 5, "unproven", "without a look at what was left" },
        { "unknown", 5, "unproven", "Not proven: the container was gone" },
        { "expired", 2, "unproven", "Settled by the deadline, without proof" },
        { "finished", 2, "plain", "It finished before it could be stopped: passed." },
        { "never", 3, "proven", "nothing had to be stopped" },
    };

    [Theory]
    [MemberData(nameof(States))]
    public void Each_state_says_what_is_known_and_no_more(string state, int facts, string proof, string words)
    {
        var run = RunIn(state);

        var drawn = Render<FiveFacts>(parameters => parameters.Add(it => it.Run, run).Add(it => it.Facts, run.Cancel!));

        drawn.FindAll("li").Count.ShouldBe(5);
        drawn.FindAll("li.there").Count.ShouldBe(facts);
        drawn.FindAll("li.there l-time").Count.ShouldBe(facts);
        drawn.Find(".proof").ClassList.ShouldContain(proof);
        drawn.Find(".proof").TextContent.ShouldContain(words);
    }

    [Fact]
    public void Between_two_facts_stands_how_long_it_took()
    {
        var run = RunIn("proven");

        var drawn = Render<FiveFacts>(parameters => parameters.Add(it => it.Run, run).Add(it => it.Facts, run.Cancel!));

        drawn.FindAll(".gap").Select(gap => gap.TextContent).ShouldBe(["", "+1000 ms", "+1000 ms", "+1000 ms", "+0 ms"]);
        drawn.Find("ol").TextContent.ShouldContain("in order, SIGINT, exit 130");
    }

    private static Run RunIn(string state)
    {
        if (state == "never")
        {
            return new Life().Cancel().Run;
        }

        var life = new Life().Claim().Start().Cancel(force: state == "forced");
        return (state switch
        {
            "requested" or "forced" => life,
            "delivered" => life.Deliver(),
            "acknowledged" => life.Deliver().Acknowledge(),
            "proven" => life.Deliver().Acknowledge().Abort(AbortManner.Graceful, new StopEvidence(0)),
            "left" => life.Deliver().Acknowledge().Abort(AbortManner.Killed, new StopEvidence(2)),
            "unlooked" => life.Deliver().Acknowledge().Abort(AbortManner.Killed, null),
            "unknown" => life.Deliver().Acknowledge().Abort(AbortManner.ContainerStopped, new StopEvidence(null, "the container was gone")),
            "expired" => life.Expire(),
            "finished" => life.Pass(),
            _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No such state."),
        }).Run;
    }
}
