using Bunit;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Web.Sessions;
using Ledger.Web.Shared;
using Ledger.Web.Tests.Support;

namespace Ledger.Web.Tests.Components;

/// <summary>What a state is called and looks like, without a browser.</summary>
public sealed class Drawing_states : BunitContext
{
    [Fact]
    public void Every_state_has_a_word_a_picture_and_a_place_in_bars()
    {
        foreach (var tone in Enum.GetValues<RunState>().Select(Tone.Of).Concat(Enum.GetValues<SessionStatus>().Select(Tone.Of)))
        {
            var chip = Render<StatusChip>(parameters => parameters.Add(it => it.Tone, tone));

            chip.Find(".chip").TextContent.Trim().ShouldBe(tone.Word);
            chip.Find("svg path").ShouldNotBeNull();
            Tone.Order.ShouldContain(tone.Name);
        }
    }

    [Fact]
    public void Cancelled_looks_neither_like_a_success_nor_like_a_failure()
    {
        string[] verdicts = [Tone.Of(RunState.Passed).Name, Tone.Of(RunState.Failed).Name, Tone.Of(RunState.TimedOut).Name, Tone.Of(RunState.Lost).Name];

        verdicts.ShouldNotContain(Tone.Of(RunState.Cancelled).Name);
        Tone.Of(SessionStatus.Cancelled).ShouldBe(Tone.Of(RunState.Cancelled) with { });
        Tone.Of(new Life().Cancel().Run).Word.ShouldBe("Not run");
    }

    [Fact]
    public void A_session_is_called_by_what_all_its_open_runs_do()
    {
        var life = new Life("Checkout", CheckTypes.Playwright, CheckTypes.Playwright);
        Tone.Of(life.Session).Word.ShouldBe("Queued");
        Tone.Of(life.Claim().Start().Session).Word.ShouldBe("Running");
        Tone.Of(life.Cancel().Session).Word.ShouldBe("Cancelling");
        Tone.Of(life.Abort(AbortManner.Graceful, new StopEvidence(0)).Session).Word.ShouldBe("Cancelled");
    }

    [Fact]
    public void A_bar_tells_its_runs_in_words_in_the_order_of_its_parts()
    {
        var life = new Life("Checkout", CheckTypes.Playwright, CheckTypes.Playwright, CheckTypes.Playwright);
        life.Claim(1).Start(1).Pass(1).Claim(2).Start(2);

        var bar = Render<RunBar>(parameters => parameters.Add(it => it.Counts, RunCounts.Of(life.Session.Runs)));

        bar.Find("[role=img]").GetAttribute("aria-label").ShouldBe("3 runs: 1 passed, 1 running, 1 queued");
        bar.FindAll(".part").Select(part => part.ClassName).ShouldBe(["part passed", "part running", "part queued"]);
        bar.Find(".figures").TextContent.ShouldBe("1/3");
    }

    [Fact]
    public void A_row_of_the_list_says_the_same_of_a_session_as_its_page()
    {
        var life = new Life("Checkout", CheckTypes.Playwright, CheckTypes.Playwright, CheckTypes.Playwright);
        foreach (var step in (Action[])[() => life.Claim().Start(), () => life.Claim(1).Start(1).Pass(1), () => life.Cancel("wrong branch"), () => life.Deliver(), () => life.Abort(AbortManner.Killed, null)])
        {
            step();
            var row = SessionRow.Of(life.Snapshot);

            row.Tone.ShouldBe(Tone.Of(life.Session));
            row.Counts.Open.ShouldBe(RunCounts.Of(life.Session.Runs).Open);
            row.Counts.Total.ShouldBe(3);
        }

        var cancel = SessionRow.Of(life.Snapshot).LastCancel!;
        (cancel.Actor.Name, cancel.Reason, SessionRow.WordsOf(cancel.Outcome)).ShouldBe(("Ada Lovelace", "wrong branch", "Cancelled by"));
    }

    [Fact]
    public void A_cancel_that_came_too_late_does_not_say_that_it_stopped_anything()
    {
        var life = new Life().Claim().Start().Cancel();
        SessionRow.WordsOf(SessionRow.Of(life.Snapshot).LastCancel!.Outcome).ShouldBe("Being cancelled by");

        SessionRow.WordsOf(SessionRow.Of(life.Pass().Snapshot).LastCancel!.Outcome).ShouldBe("Too late: cancel asked for by");
    }

    [Fact]
    public void Times_are_handed_to_the_browser_in_UTC_and_what_goes_on_has_no_end()
    {
        var time = new DateTimeOffset(2026, 11, 28, 14, 0, 0, TimeSpan.FromHours(2));

        var at = Render<At>(parameters => parameters.Add(it => it.Time, time).Add(it => it.As, "date")).Find("l-time");
        var elapsed = Render<Elapsed>(parameters => parameters.Add(it => it.From, time)).Find("l-span");

        at.GetAttribute("at").ShouldBe("2026-11-28T12:00:00.0000000+00:00");
        at.GetAttribute("as").ShouldBe("date");
        elapsed.HasAttribute("to").ShouldBeFalse();
        Render<Elapsed>(parameters => parameters.Add(it => it.From, time).Add(it => it.To, time)).Find("l-span").GetAttribute("to").ShouldBe(at.GetAttribute("at"));
    }
}
