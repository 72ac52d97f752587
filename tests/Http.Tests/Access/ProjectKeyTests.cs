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
