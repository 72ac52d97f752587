using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;
using Ledger.Sessions;

namespace Ledger.Http.Tests.Dialects.Empirical;

/// <summary>What a cancel does in each state of a test run (docs/dialects/empirical.md#cancel).</summary>
public sealed class CancelTests(EmpiricalLedger ledger) : IClassFixture<EmpiricalLedger>
{
    private readonly EmpiricalClient client = ledger.NewProject();

    [Fact]
    public async Task A_queued_run_is_cancelled_from_the_moment_of_the_answer()
    {
        var run = await client.TriggerAsync();

        (await client.CancelAsync(run)).ShouldBeMessage(HttpStatusCode.OK, $"Test run {run} is being cancelled.");

        (await client.StateAsync(run)).ShouldBe("cancelled");
        (await EventsOfAsync(run)).ShouldBe(["session_triggered", "cancel_requested", "run_aborted"]);
    }

    [Theory]
    [InlineData(RunState.Claimed)]
    [InlineData(RunState.Running)]
    public async Task A_started_run_is_cancelling_until_it_has_stopped(RunState state)
    {
        var run = await client.TriggerAsync();
        await ledger.BringToAsync(run, state);

        (await client.CancelAsync(run)).Status.ShouldBe(HttpStatusCode.OK);

        (await client.StateAsync(run)).ShouldBe("cancelling");
        var session = await ledger.SessionAsync(run);
        await ledger.Runner.AbortAsync(session.Id, session.Runs[0].SequenceId);
        (await client.StateAsync(run)).ShouldBe("cancelled");
    }

    [Fact]
    public async Task Reason_and_owner_of_the_key_are_recorded_and_shown()
    {
        var dana = ledger.ClientOf(client.Project, await ledger.KeyAsync(owner: "Dana"));
        var run = await dana.TriggerAsync();

        await dana.CancelAsync(run, """{"reason": "Wrong build", "urgency": "high"}""");

        var shown = await client.ReadAsync(run);
        shown.GetProperty("cancelled_by").GetString().ShouldBe("Dana");
        shown.GetProperty("cancel_reason").GetString().ShouldBe("Wrong build");
        shown.GetProperty("cancelled_at").GetDateTimeOffset()
            .ShouldBeGreaterThanOrEqualTo(shown.GetProperty("created_at").GetDateTimeOffset());
        var cancel = (await ledger.SessionAsync(run)).Cancels.Values.ShouldHaveSingleItem();
        (cancel.Via, cancel.Cause, cancel.Actor.Kind).ShouldBe((CancelVia.Empirical, CancelCause.User, ActorKind.User));
    }

    [Fact]
    public async Task Asking_again_while_it_is_cancelling_succeeds_and_keeps_the_first_reason()
    {
        var run = await client.TriggerAsync();
        await ledger.BringToAsync(run, RunState.Running);

        await client.CancelAsync(run, """{"reason": "first"}""");
        (await client.CancelAsync(run, """{"reason": "second"}""")).ShouldBeMessage(
            HttpStatusCode.OK, $"Test run {run} is being cancelled.");

        (await ledger.SessionAsync(run)).Cancels.Values.ShouldHaveSingleItem().Reason.ShouldBe("first");
        (await EventsOfAsync(run)).Count(type => type == "cancel_requested").ShouldBe(1);
    }

    [Fact]
    public async Task Many_who_ask_at_once_are_one_cancel()
    {
        var run = await client.TriggerAsync();
        await ledger.BringToAsync(run, RunState.Running);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.CancelAsync(run)));

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
        (await EventsOfAsync(run)).Count(type => type == "cancel_requested").ShouldBe(1);
    }

    [Theory]
    [InlineData(RunState.Passed, "has already ended and cannot be cancelled.")]
    [InlineData(RunState.Failed, "has already ended and cannot be cancelled.")]
    [InlineData(RunState.Degraded, "has already ended and cannot be cancelled.")]
    [InlineData(RunState.TimedOut, "has already ended with an error and cannot be cancelled.")]
    [InlineData(RunState.Lost, "has already ended with an error and cannot be cancelled.")]
    [InlineData(RunState.Cancelled, "has already been cancelled.")]
    public async Task A_run_that_has_ended_is_412_with_an_envelope_of_its_own_and_stays_as_it_is(RunState state, string message)
    {
        var run = await client.TriggerAsync();
        await ledger.BringToAsync(run, state);

        (await client.CancelAsync(run)).ShouldBeMessage(HttpStatusCode.PreconditionFailed, $"Test run {run} {message}");
        (await client.CancelAsync(run)).ShouldBeMessage(HttpStatusCode.PreconditionFailed, $"Test run {run} {message}");

        (await ledger.SessionAsync(run)).Runs[0].State.ShouldBe(state);
    }

    [Fact]
    public async Task A_run_that_a_schedule_started_is_412_and_goes_on()
    {
        var triggered = await ledger.Running.Client.TriggerAsync(new
        {
            kind = "run",
            name = "Nightly",
            source = "SCHEDULER",
            project = $"{client.Project}",
            runs = new[] { new { checkType = "PLAYWRIGHT", name = "Nightly", location = "default" } },
        });

        (await client.CancelAsync(triggered.Number)).ShouldBeMessage(
            HttpStatusCode.PreconditionFailed, $"Test run {triggered.Number} was started by a schedule and cannot be cancelled.");
        (await client.StateAsync(triggered.Number)).ShouldBe("queued");
    }

    [Fact]
    public async Task A_run_that_ends_before_it_could_be_stopped_keeps_its_own_end_and_was_never_cancelled()
    {
        var run = await client.TriggerAsync();
        await ledger.BringToAsync(run, RunState.Running);
        await client.CancelAsync(run, """{"reason": "too late"}""");
        var session = await ledger.SessionAsync(run);

        await ledger.Runner.PassAsync(session.Id, session.Runs[0].SequenceId);

        var shown = await client.ReadAsync(run);
        shown.GetProperty("state").GetString().ShouldBe("ended");
        shown.GetProperty("cancelled_at").ValueKind.ShouldBe(JsonValueKind.Null);
        shown.GetProperty("cancelled_by").ValueKind.ShouldBe(JsonValueKind.Null);
        shown.GetProperty("cancel_reason").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_cancel_that_nobody_confirmed_reads_as_cancelled()
    {
        var run = await client.TriggerAsync();
        await ledger.BringToAsync(run, RunState.Running);
        await client.CancelAsync(run);
        var session = await ledger.SessionAsync(run);

        await ledger.Runner.ExpireAsync(session.Id, session.Runs[0].SequenceId);

        (await client.StateAsync(run)).ShouldBe("cancelled");
        (await client.CancelAsync(run)).Status.ShouldBe(HttpStatusCode.PreconditionFailed);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1.0")]
    [InlineData("1e3")]
    [InlineData("%20")]
    [InlineData("abc")]
    [InlineData("0f6f1c3e-52b8-4b7a-9d55-7f0f0e5f9c11")]
    public async Task An_id_that_is_no_integer_from_1_on_is_400(string id) =>
        (await client.CancelAsync(id)).ShouldBeError(HttpStatusCode.BadRequest).ShouldContain("integer");

    [Theory]
    [InlineData("999999999")]
    [InlineData("9223372036854775807")]
    [InlineData("99999999999999999999999")]
    public async Task A_run_that_does_not_exist_is_404(string id) =>
        (await client.CancelAsync(id)).ShouldBeError(HttpStatusCode.NotFound).ShouldBe($"Test run {id} was not found.");

    [Fact]
    public async Task The_number_of_a_later_event_is_no_run()
    {
        var run = await client.TriggerAsync();
        await client.CancelAsync(run);

        (await client.CancelAsync(run + 1)).ShouldBeError(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_session_of_another_kind_is_404()
    {
        var check = await ledger.Running.Client.TriggerAsync(new
        {
            kind = "check",
            name = "Checkout",
            project = $"{client.Project}",
            runs = new[] { new { checkType = "PLAYWRIGHT", name = "Checkout", location = "default" } },
        });

        (await client.CancelAsync(check.Number)).ShouldBeError(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \r\n\t")]
    [InlineData("{}")]
    [InlineData("""{"reason": null}""")]
    [InlineData("""{"reason": ""}""")]
    [InlineData("""{"reason": "x", "other": {"a": [1]}}""")]
    public async Task A_body_may_be_missing_or_say_little(string body)
    {
        var run = await client.TriggerAsync();

        (await client.CancelAsync(run, body)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("""{"reason": 5}""")]
    [InlineData("""{"reason": ["x"]}""")]
    [InlineData("""{"reason": {}}""")]
    [InlineData("""{"reason": true}""")]
    [InlineData("""{"reason": "x", "reason": "y"}""")]
    [InlineData("""{"reason": "\u0000"}""")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"x\"")]
    [InlineData("5")]
    [InlineData("{")]
    [InlineData("reason=x")]
    public async Task Any_other_body_is_400_and_cancels_nothing(string body)
    {
        var run = await client.TriggerAsync();

        (await client.CancelAsync(run, body)).ShouldBeError(HttpStatusCode.BadRequest);

        (await client.StateAsync(run)).ShouldBe("queued");
    }

    [Fact]
    public async Task A_reason_has_at_most_4096_characters()
    {
        var run = await client.TriggerAsync();

        (await client.CancelAsync(run, $$"""{"reason": "{{new string('x', 4097)}}"}""")).ShouldBeError(HttpStatusCode.BadRequest);
        (await client.CancelAsync(run, $$"""{"reason": "{{new string('x', 4096)}}"}""")).Status.ShouldBe(HttpStatusCode.OK);

        (await client.ReadAsync(run)).GetProperty("cancel_reason").GetString()!.Length.ShouldBe(4096);
    }

    [Fact]
    public async Task Without_a_key_nothing_is_learnt()
    {
        var run = await client.TriggerAsync();
        var stranger = ledger.ClientOf(null, "nobody's key");

        (await stranger.CancelAsync(run)).ShouldBeError(HttpStatusCode.Unauthorized);
        (await stranger.CancelAsync("abc", "{")).ShouldBeError(HttpStatusCode.Unauthorized);
        (await ledger.ClientOf(client.Project, await ledger.KeyAsync(scopes: "read")).CancelAsync(run))
            .ShouldBeError(HttpStatusCode.Forbidden);

        (await client.StateAsync(run)).ShouldBe("queued");
    }

    [Fact]
    public async Task A_run_that_was_cancelled_natively_is_cancelled_here_by_the_same_person_for_the_same_reason()
    {
        var run = await client.TriggerAsync();
        var session = await ledger.SessionAsync(run);
        using var erin = ledger.Running.ClientWith(await ledger.KeyAsync(owner: "Erin"));

        await erin.PostBodyAsync($"/ledger/sessions/{session.Id}/cancel", new { reason = "Release is off" });

        var shown = await client.ReadAsync(run);
        shown.GetProperty("state").GetString().ShouldBe("cancelled");
        shown.GetProperty("cancelled_by").GetString().ShouldBe("Erin");
        shown.GetProperty("cancel_reason").GetString().ShouldBe("Release is off");
    }

    private async Task<IReadOnlyList<string>> EventsOfAsync(long run) =>
        await ledger.Running.Client.EventTypesAsync((await ledger.SessionAsync(run)).Id);
}
