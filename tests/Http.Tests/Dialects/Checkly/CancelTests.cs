using System.Net;
using Ledger.Sessions;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>What a cancel does, and to which sessions and runs (docs/dialects/checkly.md#cancel).</summary>
public sealed class CancelTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    [Fact]
    public async Task Only_the_named_run_is_cancelled_and_then_the_rest_makes_it_all()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1", "us-east-1", "ap-south-1");
        var sequences = await ledger.SequencesOfAsync(session);

        await ledger.PostAsync(
            $"/v1/check-sessions/{session}/cancel",
            $$"""{"sequenceId":["{{sequences[1].ToString().ToUpperInvariant()}}","{{sequences[1]}}"]}""");
        (await ledger.Runner.ReadAsync(session)).Runs.Select(run => run.State)
            .ShouldBe([RunState.Queued, RunState.Cancelled, RunState.Queued]);
        await ledger.PostAsync($"/v1/check-sessions/{session}/cancel");

        (await ledger.Runner.ReadAsync(session)).Runs.ShouldAllBe(run => run.State == RunState.Cancelled);
        (await ledger.GetAsync($"/v2/check-sessions/{session}"))["status"].GetString().ShouldBe("CANCELLED");
    }

    [Fact]
    public async Task Unknown_sequence_ids_are_ignored()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");

        var answer = await ledger.PostAsync($"/v1/check-sessions/{session}/cancel", $$"""{"sequenceId":["{{Guid.NewGuid()}}"]}""");

        answer.Status.ShouldBe(HttpStatusCode.NoContent);
        (await ledger.Runner.ReadAsync(session)).IsOpen.ShouldBeTrue();
    }

    [Fact]
    public async Task A_second_cancel_and_one_of_a_finished_session_are_204_as_well()
    {
        var cancelled = await ledger.TriggerNewCheckAsync("eu-central-1");
        var running = await ledger.TriggerNewCheckAsync("eu-central-1");
        var passed = await ledger.TriggerNewCheckAsync("eu-central-1");
        await ledger.Runner.StartAllAsync(running);
        await ledger.Runner.StartAllAsync(passed);
        await ledger.Runner.PassAsync(passed, (await ledger.SequencesOfAsync(passed))[0]);

        foreach (var session in (Guid[])[cancelled, cancelled, cancelled, running, running, passed, passed])
        {
            (await ledger.PostAsync($"/v1/check-sessions/{session}/cancel")).Status.ShouldBe(HttpStatusCode.NoContent);
        }

        (await ledger.EventsOfAsync(running)).Count(name => name == "CancelRequested").ShouldBe(1);
        (await ledger.EventsOfAsync(cancelled)).Count(name => name == "CancelRequested").ShouldBe(1);
        (await ledger.GetAsync($"/v2/check-sessions/{passed}"))["status"].GetString().ShouldBe("PASSED");
    }

    [Fact]
    public async Task Only_Playwright_runs_stop_and_the_session_is_cancelled_when_the_others_have_finished()
    {
        var playwright = await ledger.RegisterAsync("PLAYWRIGHT");
        var api = await ledger.RegisterAsync("API");
        var session = (await ledger.TriggerTestAsync(playwright, api)).Json.Id("testSessionId");
        await ledger.Runner.StartAllAsync(session);
        var runs = (await ledger.Runner.ReadAsync(session)).Runs.ToDictionary(run => run.Plan.CheckType, run => run.SequenceId);

        (await ledger.PostAsync($"/v1/test-sessions/{session}/cancel")).Status.ShouldBe(HttpStatusCode.NoContent);
        (await ledger.Runner.ReadAsync(session)).FindRun(runs["API"])!.State.ShouldBe(RunState.Running);
        await ledger.Runner.AbortAsync(session, runs["PLAYWRIGHT"]);
        (await ledger.GetAsync($"/v1/test-sessions/{session}"))["status"].GetString().ShouldBe("RUNNING");
        await ledger.Runner.PassAsync(session, runs["API"]);

        var done = await ledger.GetAsync($"/v1/test-sessions/{session}");
        done["status"].GetString().ShouldBe("CANCELLED");
        done.Json.List("results").ToDictionary(result => result.Text("checkType"), result => result.Text("status"))
            .ShouldBe(new Dictionary<string, string> { ["PLAYWRIGHT"] = "CANCELLED", ["API"] = "PASSED" }, ignoreOrder: true);
    }

    [Fact]
    public async Task A_scheduled_session_is_not_cancellable()
    {
        var made = await ledger.PostAsync("/ledger/sessions", """
            {"kind":"check","name":"nightly","source":"SCHEDULER",
             "runs":[{"checkType":"PLAYWRIGHT","name":"nightly","location":"eu-central-1"}]}
            """);
        var session = made.Json.Id("sessionId");

        (await ledger.PostAsync($"/v1/check-sessions/{session}/cancel")).Status.ShouldBe(HttpStatusCode.NoContent);

        (await ledger.EventsOfAsync(session)).ShouldBe(["SessionTriggered", "CancelRefused"]);
        (await ledger.GetAsync($"/v2/check-sessions/{session}"))["status"].GetString().ShouldBe("STARTED");
    }

    [Fact]
    public async Task Only_a_session_of_the_own_account_and_of_the_routes_own_kind_is_found()
    {
        var check = await ledger.TriggerNewCheckAsync("eu-central-1");
        var test = (await ledger.TriggerTestAsync(await ledger.RegisterAsync())).Json.Id("testSessionId");
        var run = (await ledger.PostAsync("/ledger/sessions", """
            {"kind":"run","name":"plain","runs":[{"checkType":"PLAYWRIGHT","name":"plain","location":"eu-central-1"}]}
            """)).Json.Id("sessionId");
        var stranger = await ledger.KeyOfAnotherAccountAsync();

        foreach (var session in (Guid[])[test, run, Guid.NewGuid()])
        {
            (await ledger.PostAsync($"/v1/check-sessions/{session}/cancel"))
                .ShouldBeNotFound("No such check session.");
        }

        foreach (var session in (Guid[])[check, run, Guid.NewGuid()])
        {
            (await ledger.PostAsync($"/v1/test-sessions/{session}/cancel"))
                .ShouldBeNotFound("No such test session.");
        }

        (await ledger.PostAsync($"/v1/check-sessions/{check}/cancel", key: stranger))
            .ShouldBeNotFound("No such check session.");
        (await ledger.EventsOfAsync(check)).ShouldBe(["SessionTriggered"]);
    }

    [Fact]
    public async Task The_request_is_recorded_with_who_asked_through_what_and_what_the_client_said_of_itself()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");

        await ledger.SendAsync(
            HttpMethod.Post,
            $"/v1/check-sessions/{session}/cancel",
            headers:
            [
                ("x-checkly-source", "CLI"), ("x-checkly-operator", "github-actions"), ("x-checkly-cli-version", "9.5.0"),
                ("x-checkly-ci-name", "GitHub Actions"),
            ]);

        var events = (await ledger.GetAsync($"/ledger/sessions/{session}/events")).Json;
        var cancel = events.At("1/data");
        cancel.Text("via").ShouldBe("checkly");
        cancel.Text("cause").ShouldBe("user");
        cancel.Text("actor/kind").ShouldBe("apiKey");
        cancel.At("origin").EnumerateObject().ToDictionary(member => member.Name, member => member.Value.GetString()).ShouldBe(
            new Dictionary<string, string?>
            {
                ["source"] = "CLI",
                ["operator"] = "github-actions",
                ["cliVersion"] = "9.5.0",
                ["ciName"] = "GitHub Actions",
            },
            ignoreOrder: true);
    }

    [Fact]
    public async Task The_key_is_checked_before_the_id_and_the_body()
    {
        var reader = await ledger.KeyWithAsync("read", "runner", "admin");
        foreach (var path in (string[])["/v1/check-sessions/x/cancel", "/v1/test-sessions/x/cancel"])
        {
            (await ledger.PostAsync(path, "{", key: "")).ShouldBeUnauthorized();
            (await ledger.PostAsync(path, "{", key: "unknown")).ShouldBeUnauthorized();
            (await ledger.PostAsync(path, "{", key: reader)).ShouldBeForbidden();
            (await ledger.PostAsync(path)).ShouldBeBadRequestNaming("SessionId");
        }
    }

    [Fact]
    public async Task An_account_header_must_name_the_keys_own_account()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");
        var path = $"/v1/check-sessions/{session}/cancel";

        (await ledger.SendAsync(HttpMethod.Post, path, headers: ("x-checkly-account", Guid.NewGuid().ToString())))
            .ShouldBeForbidden();
        (await ledger.SendAsync(HttpMethod.Post, path, headers: ("x-checkly-account", "mine")))
            .ShouldBeBadRequestNaming("x-checkly-account");
        (await ledger.EventsOfAsync(session)).ShouldBe(["SessionTriggered"]);
    }

    [Fact]
    public async Task Two_hundred_identical_cancels_at_once_are_one()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");
        await ledger.Runner.StartAllAsync(session);

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(_ => ledger.PostAsync($"/v1/check-sessions/{session}/cancel")));

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.NoContent);
        (await ledger.EventsOfAsync(session)).Count(name => name == "CancelRequested").ShouldBe(1);
    }
}
