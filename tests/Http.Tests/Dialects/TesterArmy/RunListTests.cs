using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Dialects.Checkly;

namespace Ledger.Http.Tests.Dialects.TesterArmy;

/// <summary>Lists of runs (docs/dialects/testerarmy.md#runs). Each test lists the runs of a test or project of its own.</summary>
public sealed class RunListTests(TesterArmyLedger ledger) : IClassFixture<TesterArmyLedger>
{
    [Theory]
    [InlineData("/v1")]
    [InlineData("/api/v1")]
    public async Task Pages_follow_each_other_newest_first(string mount)
    {
        var test = Guid.NewGuid();
        var runs = new List<Guid>();
        for (var n = 0; n < 5; n++)
        {
            runs.Insert(0, await ledger.TriggerAsync(test));
        }

        var first = await ledger.GetAsync($"{mount}/runs?testId={test}&limit=2");
        var second = await ledger.GetAsync($"{mount}/runs?testId={test}&limit=2&cursor={first["nextCursor"].GetString()}");
        await ledger.TriggerAsync(test);
        var third = await ledger.GetAsync($"{mount}/runs?testId={test}&limit=2&cursor={second["nextCursor"].GetString()}");

        IdsOf(first).Concat(IdsOf(second)).Concat(IdsOf(third)).ShouldBe(runs);
        third["nextCursor"].ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task Twenty_runs_are_a_page_when_no_limit_is_named()
    {
        var test = Guid.NewGuid();
        for (var n = 0; n < 21; n++)
        {
            await ledger.TriggerAsync(test);
        }

        IdsOf(await ledger.GetAsync($"/v1/runs?testId={test}")).Count.ShouldBe(20);
        (await ledger.GetAsync($"/v1/runs?testId={test}&limit=21"))["nextCursor"].ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task Each_status_lists_the_runs_that_read_so_and_no_others()
    {
        var test = Guid.NewGuid();
        var runs = new Dictionary<string, List<Guid>>();
        foreach (var status in (string[])["queued", "running", "claimed", "passed", "failures", "errors", "lost", "cancelled"])
        {
            var run = await ledger.TriggerAsync(test);
            var shown = status switch
            {
                "running" => await DoAsync(() => ledger.StartAsync(run), "running"),
                "claimed" => await DoAsync(async () => await ledger.Runner.ClaimAsync(run, await ledger.SequenceOfAsync(run)), "running"),
                "passed" => await DoAsync(() => ledger.FinishAsync(run), "completed"),
                "failures" => await DoAsync(() => ledger.FinishAsync(run, hasFailures: true), "completed"),
                "errors" => await DoAsync(() => ledger.FinishAsync(run, hasErrors: true), "failed"),
                "lost" => await DoAsync(async () => await ledger.Runner.LoseAsync(run, await ledger.StartAsync(run)), "failed"),
                "cancelled" => await DoAsync(() => ledger.PostAsync($"/v1/runs/{run}/cancel"), "cancelled"),
                _ => "queued",
            };
            (runs.TryGetValue(shown, out var known) ? known : runs[shown] = []).Insert(0, run);
        }

        foreach (var (status, expected) in runs)
        {
            var page = await ledger.GetAsync($"/v1/runs?testId={test}&status={status}");
            IdsOf(page).ShouldBe(expected, status);
            page["nextCursor"].ValueKind.ShouldBe(JsonValueKind.Null);
        }

        runs.Keys.Order().ShouldBe(["cancelled", "completed", "failed", "queued", "running"]);
    }

    [Fact]
    public async Task A_rare_status_is_found_behind_many_others_page_by_page()
    {
        var test = Guid.NewGuid();
        var running = new List<Guid>();
        for (var n = 0; n < 30; n++)
        {
            var run = await ledger.TriggerAsync(test);
            if (n % 10 == 0)
            {
                await ledger.StartAsync(run);
                running.Insert(0, run);
            }
        }

        var first = await ledger.GetAsync($"/v1/runs?testId={test}&status=running&limit=2");
        var second = await ledger.GetAsync($"/v1/runs?testId={test}&status=running&limit=2&cursor={first["nextCursor"].GetString()}");

        IdsOf(first).ShouldBe(running.Take(2));
        IdsOf(second).ShouldBe(running.Skip(2));
        second["nextCursor"].ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_running_run_is_found_however_many_queued_ones_are_newer()
    {
        var running = await ledger.TriggerAsync();
        await ledger.StartAsync(running);
        for (var n = 0; n < 3; n++)
        {
            await ledger.TriggerBatchAsync(1_000);
        }

        IdsOf(await ledger.GetAsync("/v1/runs?status=running&limit=100")).ShouldContain(running);
    }

    [Fact]
    public async Task Only_runs_of_the_project_are_listed_when_one_is_named()
    {
        var project = Guid.NewGuid();
        var queued = await ledger.PostAsync("/v1/runs", $$"""{"prompt":"x","projectId":"{{project}}"}""");
        await ledger.PostAsync("/v1/runs", """{"prompt":"x"}""");

        IdsOf(await ledger.GetAsync($"/v1/runs?projectId={project.ToString().ToUpperInvariant()}")).ShouldBe([queued.Json.Id("id")]);
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=101")]
    [InlineData("limit=007")]
    [InlineData("limit=-1")]
    [InlineData("limit=1.0")]
    [InlineData("limit=")]
    [InlineData("limit=5&limit=6")]
    [InlineData("status=passed")]
    [InlineData("status=QUEUED")]
    [InlineData("status=")]
    [InlineData("projectId=shop")]
    [InlineData("testId=")]
    [InlineData("cursor=x")]
    public async Task A_parameter_out_of_its_pattern_is_400(string query) =>
        (await ledger.GetAsync($"/v1/runs?{query}")).ShouldBeError(HttpStatusCode.BadRequest, "ValidationError");

    private static IReadOnlyList<Guid> IdsOf(Answer page)
    {
        page.Status.ShouldBe(HttpStatusCode.OK, page.Body);
        return [.. page.Json.List("runs").Select(run => run.Id("id"))];
    }

    private static async Task<string> DoAsync(Func<Task> change, string status)
    {
        await change();
        return status;
    }
}
