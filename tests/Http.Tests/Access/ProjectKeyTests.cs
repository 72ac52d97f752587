using System.Net;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Access;

/// <summary>A key that is bound to a project knows of no other, in every interface.</summary>
public sealed class ProjectKeyTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task Natively_a_session_of_another_project_is_unknown()
    {
        using var bound = await BoundToAsync("shop");
        var own = await TriggerAsync("shop");
        foreach (var other in new[] { await TriggerAsync("blog"), await TriggerAsync(null) })
        {
            foreach (var path in new[] { "", "?version=1", "/events", "/live" })
            {
                (await bound.ReadAsync($"/ledger/sessions/{other}{path}")).Status.ShouldBe(HttpStatusCode.NotFound, path);
            }

            foreach (var body in new object?[] { null, new { dryRun = true } })
            {
                (await bound.PostBodyAsync($"/ledger/sessions/{other}/cancel", body)).Status.ShouldBe(HttpStatusCode.NotFound);
            }
        }

        (await bound.ReadAsync($"/ledger/sessions/{own}")).Status.ShouldBe(HttpStatusCode.OK);
        (await bound.PostBodyAsync($"/ledger/sessions/{own}/cancel", null)).Status.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task Lists_and_bulk_cancels_stay_within_the_project()
    {
        using var bound = await BoundToAsync("inside");
        var own = await TriggerAsync("inside");
        var other = await TriggerAsync("outside");

        var listed = (await bound.ReadAsync("/ledger/sessions")).Body.GetProperty("entries");
        listed.EnumerateArray().Select(entry => entry.GetProperty("sessionId").GetGuid()).ShouldBe([own]);
        (await bound.ReadAsync("/ledger/sessions?project=outside")).Status.ShouldBe(HttpStatusCode.Forbidden);
        var cancelled = await bound.PostBodyAsync("/ledger/cancels", new { filter = new { }, reason = "closing" });
        cancelled.Body.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("sessionId").GetGuid()).ShouldBe([own]);
        (await client.EventTypesAsync(other)).ShouldBe(["session_triggered"]);
    }

    [Fact]
    public async Task What_it_triggers_belongs_to_the_project()
    {
        using var bound = await BoundToAsync("mine");

        var made = await bound.TriggerAsync(Session(null));
        (await client.SessionAsync(made.SessionId)).GetProperty("project").GetString().ShouldBe("mine");
        (await bound.PostBodyAsync("/ledger/sessions", Session("yours"))).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task In_stably_the_runs_of_another_project_are_unknown()
    {
        using var bound = await BoundToAsync("web");
        var run = (await client.PostBodyAsync("/v1/projects/app/runs", null)).Body.GetProperty("runId").GetGuid();

        (await bound.ReadAsync($"/v1/projects/app/runs/{run}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await bound.ReadAsync($"/internal/v1/cli/runs/{run}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await bound.ReadAsync("/internal/v1/cli/runs?projectId=app")).Body.GetProperty("runs").GetArrayLength().ShouldBe(0);
        (await bound.PostBodyAsync("/v1/projects/app/runs/cancel", new { where = new { runId = run } })).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await bound.PostBodyAsync("/v1/projects/app/runs", null)).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await bound.PostBodyAsync("/v1/projects/web/runs", null)).Status.ShouldBe(HttpStatusCode.OK);
        (await client.EventTypesAsync(run)).ShouldBe(["session_triggered"]);
    }

    [Fact]
    public async Task In_stably_a_run_that_names_no_project_is_unknown_to_a_key_that_is_bound_to_the_default_one()
    {
        using var bound = await BoundToAsync("default");
        await client.TriggerAsync(new { kind = "run", name = "Smoke", runs = new[] { new { checkType = "PLAYWRIGHT", name = "smoke", location = "default" } } });

        (await client.ReadAsync("/internal/v1/cli/runs?projectId=default")).Body.GetProperty("runs").GetArrayLength().ShouldBeGreaterThan(0);
        (await bound.ReadAsync("/internal/v1/cli/runs?projectId=default")).Body.GetProperty("runs").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task In_empirical_the_test_runs_of_another_project_are_unknown()
    {
        using var bound = await BoundToAsync("tests");
        var own = await TriggeredAsync(bound);
        var other = await TriggeredAsync(client);

        (await bound.ReadAsync($"/api/test-runs/{own}/status")).Status.ShouldBe(HttpStatusCode.OK);
        foreach (var path in new[] { $"/api/test-runs/{other}", $"/api/test-runs/{other}/status", $"/api/v2/test-runs/{other}/cases" })
        {
            (await bound.ReadAsync(path)).Status.ShouldBe(HttpStatusCode.NotFound, path);
        }

        (await bound.PostBodyAsync($"/api/test-runs/{other}/cancel", null)).Status.ShouldBe(HttpStatusCode.NotFound);
        var listed = (await bound.ReadAsync("/api/test-runs")).Body.GetProperty("data").GetProperty("test_runs").GetProperty("items");
        listed.EnumerateArray().Select(run => run.GetProperty("id").GetInt64()).ShouldBe([own]);

        static async Task<long> TriggeredAsync(HttpClient by) =>
            (await by.CallAsync(HttpMethod.Put, "/api/test-runs", new { environment = "staging" }))
                .Body.GetProperty("data").GetProperty("test_run").GetProperty("id").GetInt64();
    }

    [Fact]
    public async Task In_testerarmy_the_runs_and_batches_of_another_project_are_unknown()
    {
        using var bound = await BoundToAsync("army");
        var group = $"/v1/groups/{Guid.NewGuid()}";
        await client.CallAsync(HttpMethod.Put, "/ledger" + group[3..], new { name = "Smoke", checkIds = new[] { Guid.NewGuid() } });
        var own = (await bound.PostBodyAsync($"{group}/runs", null)).Body;
        var other = (await client.PostBodyAsync($"{group}/runs", null)).Body;
        var run = other.GetProperty("runIds")[0].GetGuid();
        var batch = other.GetProperty("batchId").GetGuid();

        (await bound.ReadAsync($"/v1/runs/{run}")).Status.ShouldBe(HttpStatusCode.NotFound);
        foreach (var path in new[] { $"/v1/runs/{run}/cancel", $"/v1/batches/{batch}/cancel", $"/v1/batches/{batch}/rerun" })
        {
            (await bound.PostBodyAsync(path, null)).Status.ShouldBe(HttpStatusCode.NotFound, path);
        }

        (await bound.ReadAsync("/v1/runs")).Body.GetProperty("runs").EnumerateArray().Select(item => item.GetProperty("id").GetGuid())
            .ShouldBe([own.GetProperty("runIds")[0].GetGuid()]);
        (await bound.ReadAsync($"/v1/runs?projectId={Guid.NewGuid()}")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await bound.PostBodyAsync("/v1/runs", new { prompt = "Sign up", projectId = Guid.NewGuid() })).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await bound.PostBodyAsync($"/v1/batches/{own.GetProperty("batchId").GetGuid()}/cancel", null)).Status.ShouldBe(HttpStatusCode.OK);
        (await client.EventTypesAsync(run)).ShouldBe(["session_triggered"]);
    }

    private async Task<HttpClient> BoundToAsync(string project)
    {
        var made = await client.PostBodyAsync("/ledger/keys", new { name = project, project, scopes = new[] { "command", "read" } });
        return fixture.Ledger.ClientWith(made.Body.GetProperty("apiKey").GetString());
    }

    private async Task<Guid> TriggerAsync(string? project) => (await client.TriggerAsync(Session(project))).SessionId;

    private static object Session(string? project) => new
    {
        kind = "test",
        name = "Checkout",
        project,
        runs = new[] { new { checkType = "PLAYWRIGHT", name = "checkout", location = "nowhere" } },
    };
}
