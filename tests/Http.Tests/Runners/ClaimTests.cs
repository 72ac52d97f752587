using System.Net;
using System.Text.Json;
using Ledger.Http.Runners;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Http.Tests.Runners;

public sealed class ClaimTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task A_claim_gives_what_is_to_be_executed()
    {
        var session = await client.TriggerAsync(new
        {
            kind = "test",
            name = "Suite",
            runs = new[] { new { checkType = "API", name = "ping", location = "spec", spec = new { command = new[] { "true" } } } },
        });

        var run = (await new TestRunner(client, "spec").ClaimAsync("spec")).ShouldHaveSingleItem();

        run.GetProperty("sessionId").GetGuid().ShouldBe(session.SessionId);
        run.GetProperty("sequenceId").GetGuid().ShouldBe(session.Run);
        run.GetProperty("checkType").GetString().ShouldBe("API");
        run.GetProperty("name").GetString().ShouldBe("ping");
        run.GetProperty("location").GetString().ShouldBe("spec");
        run.GetProperty("spec").GetProperty("command")[0].GetString().ShouldBe("true");
        run.GetProperty("leaseSeconds").GetInt32().ShouldBe(30);
    }

    [Fact]
    public async Task A_claim_takes_only_its_own_locations_and_types_and_no_more_than_it_asked_for()
    {
        await client.TriggerAsync("left", "left", "left", "right");
        var runner = new TestRunner(client, "picky");

        var wrongType = await client.PostBodyAsync(
            "/ledger/runners/picky/claims", new { locations = new[] { "left" }, checkTypes = new[] { "API" }, max = 10 });
        var two = await runner.ClaimAsync("left", max: 2);
        var rest = await runner.ClaimAsync("left", max: 10);

        wrongType.Body.GetProperty("runs").GetArrayLength().ShouldBe(0);
        two.Count.ShouldBe(2);
        rest.ShouldHaveSingleItem().GetProperty("location").GetString().ShouldBe("left");
    }

    [Fact]
    public async Task A_waiting_claim_is_woken_by_a_trigger()
    {
        var waiting = new TestRunner(client, "waits").ClaimAsync("wait", waitSeconds: 30);
        await BecomeWaitingAsync(fixture.Ledger);

        var session = await client.TriggerAsync("wait");

        (await waiting.WaitAsync(TimeSpan.FromSeconds(15))).ShouldHaveSingleItem()
            .GetProperty("sequenceId").GetGuid().ShouldBe(session.Run);
    }

    [Fact]
    public async Task A_waiting_claim_is_woken_by_a_trigger_on_another_host()
    {
        await using var other = await RunningLedger.StartAsync(fixture.ConnectionString, account: fixture.Ledger.AccountId);
        var waiting = new TestRunner(client, "far").ClaimAsync("far", waitSeconds: 30);
        await BecomeWaitingAsync(fixture.Ledger);

        var session = await other.Client.TriggerAsync("far");

        (await waiting.WaitAsync(TimeSpan.FromSeconds(15))).ShouldHaveSingleItem()
            .GetProperty("sequenceId").GetGuid().ShouldBe(session.Run);
    }

    [Fact]
    public async Task A_claim_without_anything_to_claim_is_empty_after_its_wait()
    {
        var answer = await new TestRunner(client, "nothing").AskAsync("nowhere", waitSeconds: 1);

        answer.Status.ShouldBe(HttpStatusCode.OK);
        answer.Body.GetProperty("runs").GetArrayLength().ShouldBe(0);
        answer.Body.GetProperty("cancels").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task No_run_is_claimed_twice_and_none_is_left()
    {
        const int Runs = 60;
        await using var other = await RunningLedger.StartAsync(fixture.ConnectionString, account: fixture.Ledger.AccountId);
        var session = await client.TriggerAsync([.. Enumerable.Repeat("herd", Runs)]);

        var claimed = await Task.WhenAll(Enumerable.Range(0, 12).Select(async number =>
        {
            var runner = new TestRunner(number % 2 == 0 ? client : other.Client, $"herd-{number}");
            var mine = new List<Guid>();
            while (await runner.ClaimAsync("herd", max: 1 + (number % 3)) is { Count: > 0 } runs)
            {
                mine.AddRange(runs.Select(run => run.GetProperty("sequenceId").GetGuid()));
            }

            return mine;
        }));

        claimed.SelectMany(runs => runs).Order().ShouldBe(session.Runs.Order());
        (await client.EventTypesAsync(session.SessionId)).Count(type => type == "run_claimed").ShouldBe(Runs);
    }

    [Fact]
    public async Task The_next_session_of_a_group_is_claimable_when_the_one_before_has_ended()
    {
        object InGroup(string name) => new
        {
            kind = "check",
            name,
            concurrencyGroup = "deploys",
            runs = new[] { new { checkType = "PLAYWRIGHT", name, location = "group" } },
        };
        var first = await client.TriggerAsync(InGroup("first"));
        var second = await client.TriggerAsync(InGroup("second"));
        var runner = new TestRunner(client, "group");
        (await runner.ClaimAsync("group", max: 5)).ShouldHaveSingleItem().GetProperty("sequenceId").GetGuid().ShouldBe(first.Run);
        var next = runner.ClaimAsync("group", waitSeconds: 30);
        await BecomeWaitingAsync(fixture.Ledger);

        await runner.ReportAsync(first.SessionId, first.Run);

        (await next.WaitAsync(TimeSpan.FromSeconds(15))).ShouldHaveSingleItem().GetProperty("sequenceId").GetGuid().ShouldBe(second.Run);
    }

    [Fact]
    public async Task A_claim_repeats_the_cancels_that_are_open_and_does_not_wait_with_news()
    {
        var runner = new TestRunner(client, "told");
        var session = await client.TriggerAsync("told");
        await runner.TakeAsync(session, "told");
        await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { reason = "enough" });

        var news = await runner.AskAsync("told", waitSeconds: 30).WaitAsync(TimeSpan.FromSeconds(15));
        var again = await runner.AskAsync("told");

        foreach (var answer in new[] { news, again })
        {
            var cancel = answer.Body.GetProperty("cancels").EnumerateArray().ShouldHaveSingleItem();
            cancel.GetProperty("sequenceId").GetGuid().ShouldBe(session.Run);
            cancel.GetProperty("reason").GetString().ShouldBe("enough");
        }

        var facts = (await client.SessionAsync(session.SessionId)).GetProperty("runs")[0].GetProperty("cancel");
        facts.GetProperty("channel").GetString().ShouldBe("claim");
    }

    [Fact]
    public async Task A_stopping_host_answers_its_waiting_claims_at_once()
    {
        await using var ledger = await RunningLedger.StartAsync(fixture.ConnectionString);
        var waiting = new TestRunner(ledger.Client, "stops").AskAsync("stops", waitSeconds: 30);
        await BecomeWaitingAsync(ledger);

        await ledger.StopAsync();

        (await waiting.WaitAsync(TimeSpan.FromSeconds(15))).Body.GetProperty("runs").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_claim_whose_answer_was_lost_is_answered_again_before_anything_new()
    {
        var lost = await client.TriggerAsync("again");
        var runner = new TestRunner(client, "again");
        (await runner.ClaimAsync("again")).ShouldHaveSingleItem();
        var fresh = await client.TriggerAsync("again");

        var again = await runner.ClaimAgainAsync("again", max: 2);

        again.Select(Run).ShouldBe([lost.Run, fresh.Run]);
        (await client.EventTypesAsync(lost.SessionId)).Count(type => type == "run_claimed").ShouldBe(1);
        (await runner.StartAsync(lost.SessionId, lost.Run)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_runner_that_executes_several_runs_is_given_none_of_them_again()
    {
        var session = await client.TriggerAsync("several", "several", "several", "several");
        var runner = new TestRunner(client, "several");
        var held = (await runner.ClaimAsync("several", max: 2)).Select(Run).ToArray();
        await runner.StartAsync(session.SessionId, held[0]);

        var more = (await runner.ClaimAgainAsync("several", 1, held)).Select(Run).ToArray();
        var rest = (await runner.ClaimAgainAsync("several", 5, [.. held, .. more])).Select(Run).ToArray();

        held.Concat(more).Concat(rest).Order().ShouldBe(session.Runs.Order());
    }

    [Fact]
    public async Task What_another_runner_claimed_is_not_given_again()
    {
        await client.TriggerAsync("other");
        (await new TestRunner(client, "other-1").ClaimAsync("other")).ShouldHaveSingleItem();

        (await new TestRunner(client, "other-2").ClaimAgainAsync("other", max: 5)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_cancelled_run_whose_claim_was_not_heard_of_is_given_again_so_that_its_runner_can_say_that_it_never_began()
    {
        var session = await client.TriggerAsync("unheard");
        var runner = new TestRunner(client, "unheard");
        (await runner.ClaimAsync("unheard")).ShouldHaveSingleItem();
        var cancel = await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", null);

        (await runner.ClaimAgainAsync("unheard", max: 1)).ShouldHaveSingleItem();
        await runner.AbortAsync(session.SessionId, session.Run, cancel.Body.GetProperty("cancelId").GetGuid());

        (await client.SessionAsync(session.SessionId)).GetProperty("status").GetString().ShouldBe("CANCELLED");
    }

    private static Guid Run(JsonElement claimed) => claimed.GetProperty("sequenceId").GetGuid();

    private static Task BecomeWaitingAsync(RunningLedger ledger) => Eventually.Become(
        () => ledger.Services.GetRequiredService<WaitingClaims>().Accounts.Contains(ledger.AccountId), expectation: "A claim waits.");
}
