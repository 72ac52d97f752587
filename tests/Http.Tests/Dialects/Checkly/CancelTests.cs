using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Ledger.Sessions;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>wire.md 3.1, and the traps that concern a cancel.</summary>
public sealed class CancelTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    private static readonly string[] Cancelled = ["SessionTriggered", "CancelRequested", "RunAborted"];

    [Fact]
    public async Task The_documented_call_with_an_empty_body_cancels_everything()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1", "us-east-1");

        var answer = await ledger.SendAsync(
            HttpMethod.Post,
            $"/v1/check-sessions/{session}/cancel",
            headers: ("x-checkly-account", ledger.AccountId.ToString()));

        answer.Status.ShouldBe(HttpStatusCode.NoContent);
        answer.Body.ShouldBeEmpty();
        answer.Response.Content.Headers.ContentType.ShouldBeNull();
        (await ledger.EventsOfAsync(session)).ShouldBe(["SessionTriggered", "CancelRequested", "RunAborted", "RunAborted"]);
    }

    [Fact]
    public async Task The_command_lines_form_content_type_with_length_0_cancels_everything()
    {
        var session = (await ledger.TriggerTestAsync(await ledger.RegisterAsync())).Json.Id("testSessionId");
        using var nothing = new ByteArrayContent([]);
        nothing.Headers.ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded");
        nothing.Headers.ContentLength = 0;

        var answer = await ledger.SendAsync(HttpMethod.Post, $"/v1/test-sessions/{session}/cancel", nothing);

        answer.Status.ShouldBe(HttpStatusCode.NoContent);
        (await ledger.EventsOfAsync(session)).ShouldBe(Cancelled);
    }

    [Theory]
    [InlineData("", "application/json")]
    [InlineData(" \r\n\t", "text/plain")]
    [InlineData("{}", "application/json")]
    [InlineData("{}", "application/x-www-form-urlencoded")]
    [InlineData("{}", "application/octet-stream")]
    public async Task A_body_that_names_no_run_cancels_everything_under_any_content_type(string body, string contentType)
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");

        var answer = await ledger.PostAsync($"/v1/check-sessions/{session}/cancel", body, contentType: contentType);

        answer.Status.ShouldBe(HttpStatusCode.NoContent);
        (await ledger.EventsOfAsync(session)).ShouldBe(Cancelled);
    }

    [Theory]
    [InlineData("""{"sequenceId":[]}""")]
    [InlineData("""{"sequenceId":null}""")]
    [InlineData("""{"sequenceId":"0f6f1c3e-52b8-4b7a-9d55-7f0f0e5f9c11"}""")]
    [InlineData("""{"sequenceId":["x"]}""")]
    [InlineData("""{"sequenceId":[null]}""")]
    [InlineData("""{"sequenceId":[5]}""")]
    [InlineData("""{"sequenceId":["0f6f1c3e-52b8-4b7a-9d55-7f0f0e5f9c11","x"]}""")]
    [InlineData("""{"sequenceId":{}}""")]
    [InlineData("""{"reason":"enough"}""")]
    [InlineData("""{"SequenceId":["0f6f1c3e-52b8-4b7a-9d55-7f0f0e5f9c11"]}""")]
    [InlineData("""{"sequenceId":["0f6f1c3e-52b8-4b7a-9d55-7f0f0e5f9c11"],"sequenceId":["0f6f1c3e-52b8-4b7a-9d55-7f0f0e5f9c12"]}""")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"x\"")]
    [InlineData("5")]
    [InlineData("{")]
    [InlineData("a=b")]
    public async Task Any_other_body_is_refused_and_cancels_nothing(string body)
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");

        var answer = await ledger.PostAsync($"/v1/check-sessions/{session}/cancel", body);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer["error"].GetString().ShouldBe("Bad Request");
        (await ledger.EventsOfAsync(session)).ShouldBe(["SessionTriggered"]);
    }

    [Fact]
    public async Task Ten_thousand_sequence_ids_are_allowed_and_one_more_is_not()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");
        var sequence = (await ledger.SequencesOfAsync(session))[0];
        var most = string.Join(',', Enumerable.Repeat($"\"{sequence}\"", 10_000));

        var tooMany = await ledger.PostAsync($"/v1/check-sessions/{session}/cancel", $$"""{"sequenceId":[{{most}},"{{sequence}}"]}""");
        (await ledger.EventsOfAsync(session)).ShouldBe(["SessionTriggered"]);
        var allowed = await ledger.PostAsync($"/v1/check-sessions/{session}/cancel", $$"""{"sequenceId":[{{most}}]}""");

        tooMany.ShouldBeBadRequestNaming("sequenceId");
        allowed.Status.ShouldBe(HttpStatusCode.NoContent);
        (await ledger.EventsOfAsync(session)).ShouldBe(Cancelled);
    }

    [Fact]
    public async Task A_body_over_a_mebibyte_is_413()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");

        var answer = await ledger.PostAsync($"/v1/check-sessions/{session}/cancel", new string(' ', 1024 * 1024) + "{}");

        answer.Status.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        answer["error"].GetString().ShouldBe("Payload Too Large");
    }

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
            {"kind":"check","name":"nightly","source":"SCHEDULER","runs":[{"checkType":"PLAYWRIGHT","name":"nightly","location":"eu-central-1"}]}
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
                .ShouldBeError(HttpStatusCode.NotFound, "Not Found", "No such check session.");
        }

        foreach (var session in (Guid[])[check, run, Guid.NewGuid()])
        {
            (await ledger.PostAsync($"/v1/test-sessions/{session}/cancel"))
                .ShouldBeError(HttpStatusCode.NotFound, "Not Found", "No such test session.");
        }

        (await ledger.PostAsync($"/v1/check-sessions/{check}/cancel", key: stranger))
            .ShouldBeError(HttpStatusCode.NotFound, "Not Found", "No such check session.");
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
                ["source"] = "CLI", ["operator"] = "github-actions", ["cliVersion"] = "9.5.0", ["ciName"] = "GitHub Actions",
            },
            ignoreOrder: true);
    }

    [Fact]
    public async Task The_key_is_checked_before_the_id_and_the_body()
    {
        var reader = await ledger.KeyWithAsync("read", "runner", "admin");
        foreach (var path in (string[])["/v1/check-sessions/x/cancel", "/v1/test-sessions/x/cancel"])
        {
            (await ledger.PostAsync(path, "{", key: "")).ShouldBeError(HttpStatusCode.Unauthorized, "Unauthorized", "Bad Token");
            (await ledger.PostAsync(path, "{", key: "unknown")).ShouldBeError(HttpStatusCode.Unauthorized, "Unauthorized", "Bad Token");
            (await ledger.PostAsync(path, "{", key: reader)).ShouldBeError(HttpStatusCode.Forbidden, "Forbidden", "Forbidden");
            (await ledger.PostAsync(path)).ShouldBeBadRequestNaming("SessionId");
        }
    }

    [Fact]
    public async Task An_account_header_must_name_the_keys_own_account()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");
        var path = $"/v1/check-sessions/{session}/cancel";

        (await ledger.SendAsync(HttpMethod.Post, path, headers: ("x-checkly-account", Guid.NewGuid().ToString())))
            .ShouldBeError(HttpStatusCode.Forbidden, "Forbidden", "Forbidden");
        (await ledger.SendAsync(HttpMethod.Post, path, headers: ("x-checkly-account", "mine"))).ShouldBeBadRequestNaming("x-checkly-account");
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

    [Fact]
    public async Task A_gzip_body_is_read()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1", "us-east-1");
        var sequence = (await ledger.SequencesOfAsync(session))[0];
        using var packed = new MemoryStream();
        await using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes($$"""{"sequenceId":["{{sequence}}"]}"""));
        }

        using var body = new ByteArrayContent(packed.ToArray());
        body.Headers.ContentEncoding.Add("gzip");
        (await ledger.SendAsync(HttpMethod.Post, $"/v1/check-sessions/{session}/cancel", body)).Status.ShouldBe(HttpStatusCode.NoContent);

        (await ledger.Runner.ReadAsync(session)).Runs.Select(run => run.State).ShouldBe([RunState.Cancelled, RunState.Queued]);
    }
}
