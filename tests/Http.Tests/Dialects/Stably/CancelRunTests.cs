using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;
using Ledger.Sessions;

namespace Ledger.Http.Tests.Dialects.Stably;

/// <summary>What a cancel does, and what it answers: 200, 400 or 401, each a closed object (docs/dialects/stably.md#cancel).</summary>
public sealed class CancelRunTests(StablyLedger ledger) : IClassFixture<StablyLedger>
{
    private const string Unknown = "There is no such run in this project.";

    private readonly string project = StablyLedger.NewProject();

    [Fact]
    public async Task A_queued_run_reads_cancelled_at_once_and_a_second_cancel_is_400()
    {
        var run = await ledger.CreateAsync(project);

        (await ledger.CancelAsync(project, run)).ShouldBeOk($$$"""{"cancelled":[{"runId":"{{{run}}}"}]}""");

        (await ledger.StatusAsync(project, run)).ShouldBe("CANCELLED");
        (await ledger.CancelAsync(project, run))
            .ShouldBeError(HttpStatusCode.BadRequest, $"Run {run} is CANCELLED; only QUEUED or RUNNING runs can be cancelled.");
        (await ledger.EventsOfAsync(run)).ShouldBe(["session_triggered", "cancel_requested", "run_aborted"]);
    }

    [Fact]
    public async Task A_running_run_goes_on_reading_running_until_it_has_stopped_and_asking_twice_is_asking_once()
    {
        var run = await ledger.StartAsync(project);

        var first = await ledger.CancelAsync(project, run);
        (await ledger.StatusAsync(project, run)).ShouldBe("RUNNING");
        var second = await ledger.CancelAsync(project, run);
        await ledger.Runner.AbortAsync(run, await ledger.SequenceOfAsync(run));

        second.Body.GetRawText().ShouldBe(first.Body.GetRawText());
        second.Status.ShouldBe(HttpStatusCode.OK);
        (await ledger.StatusAsync(project, run)).ShouldBe("CANCELLED");
        (await ledger.CancelAsync(project, run)).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await ledger.EventsOfAsync(run)).Count(type => type == "cancel_requested").ShouldBe(1);
    }

    [Fact]
    public async Task Many_cancels_at_once_all_succeed_and_are_one_event()
    {
        var run = await ledger.StartAsync(project);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ledger.CancelAsync(project, run)));

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
        (await ledger.EventsOfAsync(run)).Count(type => type == "cancel_requested").ShouldBe(1);
    }

    [Fact]
    public async Task A_run_that_ends_before_it_was_stopped_keeps_its_real_result()
    {
        var run = await ledger.StartAsync(project);
        await ledger.CancelAsync(project, run);
        await ledger.FinishAsync(run);

        (await ledger.StatusAsync(project, run)).ShouldBe("PASSED");
        (await ledger.CancelAsync(project, run))
            .ShouldBeError(HttpStatusCode.BadRequest, $"Run {run} is PASSED; only QUEUED or RUNNING runs can be cancelled.");
    }

    [Fact]
    public async Task A_finished_run_is_left_alone_and_the_refusal_is_kept()
    {
        var run = await ledger.FinishAsync(project, failed: true);

        (await ledger.CancelAsync(project, run))
            .ShouldBeError(HttpStatusCode.BadRequest, $"Run {run} is FAILED; only QUEUED or RUNNING runs can be cancelled.");

        (await ledger.StatusAsync(project, run)).ShouldBe("FAILED");
        (await ledger.EventsOfAsync(run)).ShouldBe(["session_triggered", "run_claimed", "run_started", "result_reported", "cancel_refused"]);
    }

    [Fact]
    public async Task The_stream_says_who_asked_and_through_what()
    {
        var run = await ledger.StartAsync(project);

        await ledger.PostAsync(
            $"/v1/projects/{project}/runs/cancel",
            $$$"""{"where":{"runId":"{{{run}}}"}}""",
            headers: [("x-stably-source", "cli"), ("x-stably-cli-version", "4.12.31"), ("x-stably-org-id", "org_1")]);

        var cancel = (await ledger.Client.ReadAsync($"/ledger/sessions/{run}/events")).Body.EnumerateArray()
            .Single(e => e.GetProperty("type").GetString() == "cancel_requested").GetProperty("data");
        cancel.GetProperty("via").GetString().ShouldBe("stably");
        cancel.GetProperty("cause").GetString().ShouldBe("user");
        cancel.GetProperty("actor").GetProperty("kind").GetString().ShouldBe("apiKey");
        JsonElement.DeepEquals(
            cancel.GetProperty("origin"),
            JsonSerializer.SerializeToElement(new { source = "cli", cliVersion = "4.12.31", orgId = "org_1" })).ShouldBeTrue();
    }

    [Fact]
    public async Task An_unknown_run_is_400_and_so_is_that_of_another_project_kind_or_account()
    {
        var elsewhere = await ledger.StartAsync(StablyLedger.NewProject());
        var check = (await ledger.Client.TriggerAsync("eu-central-1")).SessionId;
        using var other = await ledger.ClientOfAnotherAccountAsync();
        var mine = await ledger.StartAsync(project);

        foreach (var id in new object[] { Guid.NewGuid(), "run_8f3kq2", "", elsewhere, check })
        {
            (await ledger.CancelAsync(project, id)).ShouldBeError(HttpStatusCode.BadRequest, Unknown);
        }

        (await other.PostBodyAsync($"/v1/projects/{project}/runs/cancel", new { where = new { runId = mine } }))
            .ShouldBeError(HttpStatusCode.BadRequest, Unknown);
        (await ledger.Runner.ReadAsync(elsewhere)).Runs[0].State.ShouldBe(RunState.Running);
        (await ledger.Runner.ReadAsync(mine)).Runs[0].State.ShouldBe(RunState.Running);
        (await ledger.EventsOfAsync(check)).ShouldBe(["session_triggered"]);
    }

    [Fact]
    public async Task A_run_that_a_schedule_started_is_not_cancellable()
    {
        var session = await ledger.Client.TriggerAsync(new
        {
            kind = "run",
            name = "nightly",
            source = "SCHEDULER",
            project,
            runs = new[] { new { checkType = "PLAYWRIGHT", name = "nightly", location = "eu-central-1" } },
        });

        (await ledger.CancelAsync(project, session.SessionId)).ShouldBeBadRequestNaming("started by a schedule");

        (await ledger.StatusAsync(project, session.SessionId)).ShouldBe("QUEUED");
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"where":null}""")]
    [InlineData("""{"where":"run"}""")]
    [InlineData("""{"where":{}}""")]
    [InlineData("""{"where":{"runId":null}}""")]
    [InlineData("""{"where":{"runId":7}}""")]
    [InlineData("""{"where":{"runId":["a"]}}""")]
    [InlineData("""{"where":{"runId":"a"},"where":{"runId":"b"}}""")]
    [InlineData("""{"where":{"runId":"\u0000"}}""")]
    public async Task Any_other_body_is_400(string body)
    {
        var answer = await ledger.PostAsync($"/v1/projects/{project}/runs/cancel", body);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.MembersShouldBe("error");
        answer.Body.GetProperty("error").GetString().ShouldNotBe(Unknown);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain")]
    [InlineData(null)]
    public async Task The_content_type_does_not_matter_and_what_else_stands_in_the_body_neither(string? contentType)
    {
        var run = await ledger.CreateAsync(project);

        var answer = await ledger.PostAsync(
            $"/v1/projects/{project}/runs/cancel",
            $$$"""{"why":"tired","where":{"branch":"main","runId":"{{{run.ToString().ToUpperInvariant()}}}"}}""",
            contentType);

        answer.ShouldBeOk($$$"""{"cancelled":[{"runId":"{{{run}}}"}]}""");
    }

    [Fact]
    public async Task A_missing_wrong_or_weak_key_is_401_before_anything_else_is_looked_at()
    {
        var run = await ledger.StartAsync(project);
        using var reader = await ledger.ClientWithAsync("read", "runner", "admin");
        using var stranger = ledger.Running.ClientWith(null);
        using var wrong = ledger.Running.ClientWith("nobody-has-this-key");

        foreach (var client in new[] { reader, stranger, wrong })
        {
            foreach (var body in new object?[] { new { where = new { runId = run } }, new StringContent("{"), null })
            {
                (await client.PostBodyAsync($"/v1/projects/{project}/runs/cancel", body)).ShouldBeError(HttpStatusCode.Unauthorized, "Bad Token");
            }
        }

        (await ledger.Runner.ReadAsync(run)).Runs[0].State.ShouldBe(RunState.Running);
    }

    [Theory]
    [InlineData("GET", "/v1/projects/p/runs")]
    [InlineData("PUT", "/v1/projects/p/runs/cancel")]
    [InlineData("GET", "/v1/projects/p/suites")]
    [InlineData("POST", "/internal/v1/cli/exchange-token")]
    public async Task What_this_dialect_does_not_serve_is_404_in_its_envelope(string method, string path) =>
        (await ledger.Client.CallAsync(new HttpMethod(method), path)).ShouldBeError(HttpStatusCode.NotFound, "Not Found");
}
