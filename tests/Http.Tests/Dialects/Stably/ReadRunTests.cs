using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Dialects.Stably;

/// <summary>
/// How a run reads, in the words of the public interface and of the command line (docs/dialects/stably.md#runs,
/// docs/dialects/stably.md#command-line, docs/dialects/stably.md#words).
/// </summary>
public sealed class ReadRunTests(StablyLedger ledger) : IClassFixture<StablyLedger>
{
    private static readonly object[] Tests =
    [
        new { id = "a.spec.ts:login", title = "login", location = "a.spec.ts:3", status = "passed", durationMs = 1240 },
        new { title = "pay", location = "a.spec.ts:9", status = "failed", durationMs = 900, errors = new[] { "no button", "still none" } },
        new { title = "search", status = "flaky", durationMs = 70, errors = new[] { "slow" } },
        new { title = "export", status = "timedOut", durationMs = 30_000, errors = new[] { "30 s" } },
        new { title = "print", status = "interrupted", durationMs = 12 },
        new { title = "mail", status = "skipped" },
    ];

    private readonly string project = StablyLedger.NewProject();

    [Fact]
    public async Task Every_state_has_its_word_in_each_of_the_three_reads_and_is_found_by_it()
    {
        await ledger.RegisterAsync("slow", new { timeoutSeconds = 3600 }, $"project:{project}");
        var queued = await ledger.CreateAsync(project);
        var claimed = await ledger.CreateAsync(project);
        await ledger.Runner.ClaimAsync(claimed, await ledger.SequenceOfAsync(claimed));
        var running = await ledger.StartAsync(project);
        var stopping = await ledger.StartAsync(project);
        await ledger.CancelAsync(project, stopping);
        var passed = await ledger.FinishAsync(project);
        var failed = await ledger.FinishAsync(project, failed: true);
        var timedOut = await ledger.StartAsync(project);
        await ledger.Runner.TimeOutAsync(timedOut, await ledger.SequenceOfAsync(timedOut));
        var lost = await ledger.StartAsync(project);
        await ledger.Runner.LoseAsync(lost, await ledger.SequenceOfAsync(lost));
        var cancelled = await ledger.CreateAsync(project);
        await ledger.CancelAsync(project, cancelled);
        var expired = await ledger.StartAsync(project);
        await ledger.CancelAsync(project, expired);
        await ledger.Runner.ExpireAsync(expired, await ledger.SequenceOfAsync(expired));

        await ShouldReadAsync("QUEUED", queued);
        await ShouldReadAsync("RUNNING", stopping, running, claimed);
        await ShouldReadAsync("PASSED", passed);
        await ShouldReadAsync("FAILED", failed);
        await ShouldReadAsync("TIMEDOUT", timedOut);
        await ShouldReadAsync("CANCELLED", expired, cancelled);
        await ShouldReadAsync("INTERRUPTED", lost);
    }

    [Fact]
    public async Task An_open_run_has_neither_an_end_nor_results()
    {
        var queued = await ledger.CreateAsync(project);
        var running = await ledger.StartAsync(project, """{"branch":"main"}""");

        (await ledger.ReadAsync(project, queued)).ShouldBeOk("""{"status":"QUEUED","startedAt":null}""");
        var answer = await ledger.ReadAsync(project, running);
        answer.MembersShouldBe("status", "startedAt", "branchName");
        answer.Body.GetProperty("startedAt").GetString().ShouldEndWith("Z");
        (await ledger.ViewAsync(running)).Body.GetProperty("durationMs").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_run_that_is_over_has_its_end_and_its_tests()
    {
        var run = await ledger.FinishAsync(project, Tests, failed: true, """{"branch":"main"}""");

        var answer = await ledger.ReadAsync(project, run);

        answer.MembersShouldBe("status", "startedAt", "finishedAt", "branchName", "results");
        answer.Body.GetProperty("results").GetRawText().ShouldBe(
            """
            {"testCases":[{"title":"login","status":"PASSED","durationMs":1240},{"title":"pay","status":"FAILED","durationMs":900},
            {"title":"search","status":"PASSED","durationMs":70},{"title":"export","status":"TIMEDOUT","durationMs":30000},
            {"title":"print","status":"INTERRUPTED","durationMs":12},{"title":"mail","status":"SKIPPED","durationMs":0}]}
            """.ReplaceLineEndings(""));
    }

    [Fact]
    public async Task Reported_tests_that_are_none_are_left_out_and_times_lose_their_fractions()
    {
        var run = await ledger.FinishAsync(project, [
            "login",
            new { status = "passed" },
            new { title = "a number", status = "0" },
            new { title = "two words", status = "passed, failed" },
            new { title = "no word", status = "done" },
            new { title = "half", status = "Passed", durationMs = 12.5 },
            new { title = "backwards", status = "failed", durationMs = -5, errors = "no list" },
        ]);

        (await ledger.ReadAsync(project, run)).Body.GetProperty("results").GetRawText().ShouldBe(
            """
            {"testCases":[{"title":"half","status":"PASSED","durationMs":12},{"title":"backwards","status":"FAILED","durationMs":0}]}
            """);
    }

    [Fact]
    public async Task The_command_line_sees_counts_and_failed_tries()
    {
        var run = await ledger.FinishAsync(project, Tests, failed: true);

        var view = (await ledger.ViewAsync(run)).Body;

        view.GetProperty("projectId").GetString().ShouldBe(project);
        view.GetProperty("source").GetString().ShouldBe("CI");
        view.GetProperty("commitSha").ValueKind.ShouldBe(JsonValueKind.Null);
        view.GetProperty("durationMs").GetInt64().ShouldBeGreaterThanOrEqualTo(0);
        foreach (var word in new[] { "passed", "failed", "flaky", "timedout", "skipped", "interrupted" })
        {
            view.GetProperty($"{word}Count").GetInt32().ShouldBe(1, word);
        }

        view.GetProperty("testCases")[0].GetRawText().ShouldBe(
            """{"testIdentifier":"a.spec.ts:login","title":"login","status":"PASSED","location":"a.spec.ts:3","attempts":[]}""");
        view.GetProperty("testCases")[1].GetProperty("attempts").GetRawText()
            .ShouldBe("""[{"errorMessage":"no button"},{"errorMessage":"still none"}]""");
        view.GetProperty("testCases")[2].GetRawText().ShouldBe(
            """{"testIdentifier":"search","title":"search","status":"FLAKY","location":null,"attempts":[{"errorMessage":"slow"}]}""");
        (await ledger.ListAsync(project)).Body.GetProperty("runs")[0].GetProperty("totalCount").GetInt32().ShouldBe(6);
    }

    [Fact]
    public async Task A_cancelled_run_shows_the_tests_that_were_cut_off_and_those_that_never_started()
    {
        var run = await ledger.StartAsync(project);
        await ledger.CancelAsync(project, run);
        await ledger.Runner.AbortAsync(run, await ledger.SequenceOfAsync(run));
        await ledger.FinishAsync(run, Tests, cancelled: true);

        var results = (await ledger.ReadAsync(project, run)).Body.GetProperty("results").GetProperty("testCases");

        results.EnumerateArray().Select(test => test.GetProperty("status").GetString())
            .ShouldBe(["PASSED", "FAILED", "PASSED", "TIMEDOUT", "INTERRUPTED", "SKIPPED"]);
        (await ledger.StatusAsync(project, run)).ShouldBe("CANCELLED");
    }

    [Fact]
    public async Task A_run_that_never_started_has_no_duration_and_no_tests()
    {
        var run = await ledger.CreateAsync(project);
        await ledger.CancelAsync(project, run);

        var answer = await ledger.ReadAsync(project, run);

        answer.MembersShouldBe("status", "startedAt", "finishedAt", "results");
        answer.Body.GetProperty("startedAt").ValueKind.ShouldBe(JsonValueKind.Null);
        answer.Body.GetProperty("results").GetRawText().ShouldBe("""{"testCases":[]}""");
        (await ledger.ViewAsync(run)).Body.GetProperty("durationMs").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task An_unknown_run_is_404_and_so_is_that_of_another_project_kind_or_account()
    {
        var mine = await ledger.CreateAsync(project);
        var check = (await ledger.Client.TriggerAsync("eu-central-1")).SessionId;
        using var other = await ledger.ClientOfAnotherAccountAsync();

        foreach (var id in new object[] { Guid.NewGuid(), "run_8f3kq2", check })
        {
            (await ledger.ReadAsync(project, id)).ShouldBeError(HttpStatusCode.NotFound, "There is no such run in this project.");
            (await ledger.ViewAsync(id)).ShouldBeError(HttpStatusCode.NotFound, "There is no such run.");
        }

        (await ledger.ReadAsync(StablyLedger.NewProject(), mine)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await other.ReadAsync($"/v1/projects/{project}/runs/{mine}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await other.ReadAsync($"/internal/v1/cli/runs/{mine}")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_id_is_read_in_any_case_and_written_in_lower_case()
    {
        var run = await ledger.CreateAsync(project);

        (await ledger.ViewAsync(run.ToString().ToUpperInvariant())).Body.GetProperty("runId").GetString().ShouldBe(run.ToString());
    }

    [Fact]
    public async Task Runs_that_other_dialects_make_without_a_project_are_those_of_the_default_one()
    {
        var session = await ledger.Client.TriggerAsync(new
        {
            kind = "run",
            name = "nightly",
            metadata = new { branchName = "main", commitId = "abcdef1234" },
            runs = new[] { new { checkType = "PLAYWRIGHT", name = "nightly", location = "eu-central-1" } },
        });
        var own = await ledger.CreateAsync("default");

        (await ledger.StatusAsync("default", session.SessionId)).ShouldBe("QUEUED");
        (await ledger.Runner.ReadAsync(own)).Project.ShouldBeNull();
        (await ledger.ListedAsync("default")).Take(2).ShouldBe([own, session.SessionId]);
        var view = (await ledger.ViewAsync(session.SessionId)).Body;
        view.GetProperty("projectId").GetString().ShouldBe("default");
        view.GetProperty("commitSha").GetString().ShouldBe("abcdef1234");
        (await ledger.CancelAsync("default", session.SessionId)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Reading_needs_a_key_with_the_scope()
    {
        var run = await ledger.CreateAsync(project);
        using var runner = await ledger.ClientWithAsync("runner");

        (await runner.ReadAsync($"/v1/projects/{project}/runs/{run}")).ShouldBeError(HttpStatusCode.Unauthorized, "Bad Token");
        (await runner.ReadAsync($"/internal/v1/cli/runs/{run}")).ShouldBeError(HttpStatusCode.Unauthorized, "Bad Token");
        (await runner.ReadAsync($"/internal/v1/cli/runs?projectId={project}")).ShouldBeError(HttpStatusCode.Unauthorized, "Bad Token");
    }

    private async Task ShouldReadAsync(string status, params Guid[] runs)
    {
        foreach (var run in runs)
        {
            (await ledger.StatusAsync(project, run)).ShouldBe(status);
            (await ledger.ViewAsync(run)).Body.GetProperty("status").GetString().ShouldBe(status);
        }

        (await ledger.ListedAsync(project, $"&status={status}")).ShouldBe(runs, status);
        (await ledger.ListAsync(project, $"&status={status}")).Body.GetProperty("runs").EnumerateArray()
            .ShouldAllBe(run => run.GetProperty("status").GetString() == status);
    }
}
