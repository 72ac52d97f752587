using System.Net;
using Ledger.Http.Runners;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Http.Tests.Runners;

/// <summary>A runner's key that is bound to a project claims, hears of and reports on runs of that project alone.</summary>
public sealed class ProjectRunnerTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task A_claim_takes_only_runs_of_the_project()
    {
        using var bound = await BoundToAsync("shop");
        await TriggerAsync("blog", "queue");
        await TriggerAsync(null, "queue");
        var own = await TriggerAsync("shop", "queue");

        var claimed = await new TestRunner(bound, "of-shop").ClaimAsync("queue", max: 10);

        claimed.ShouldHaveSingleItem().GetProperty("sessionId").GetGuid().ShouldBe(own.SessionId);
        (await new TestRunner(client, "of-all").ClaimAsync("queue", max: 10)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_waiting_claim_is_offered_only_runs_of_the_project()
    {
        using var bound = await BoundToAsync("shop");
        var waiting = new TestRunner(bound, "patient").ClaimAsync("later", waitSeconds: 30);
        await Eventually.Become(
            () => Task.FromResult(fixture.Ledger.Services.GetRequiredService<WaitingClaims>().Accounts.Contains(fixture.Ledger.AccountId)), has => has);
        await TriggerAsync("blog", "later");
        await TriggerAsync(null, "later");
        var own = await TriggerAsync("shop", "later");

        (await waiting.WaitAsync(TimeSpan.FromSeconds(15))).ShouldHaveSingleItem().GetProperty("sessionId").GetGuid().ShouldBe(own.SessionId);
    }

    [Fact]
    public async Task A_run_of_another_project_is_unknown_to_it()
    {
        using var bound = await BoundToAsync("shop");
        var other = await TriggerAsync("blog", "foreign");
        await new TestRunner(client, "another").TakeAsync(other, "foreign");
        var runner = new TestRunner(bound, "curious");
        var cancel = Guid.NewGuid();

        (await runner.StartAsync(other.SessionId, other.Run)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await runner.HeartbeatAsync(other.SessionId, other.Run)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await runner.AcknowledgeAsync(other.SessionId, other.Run, cancel)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await runner.AbortAsync(other.SessionId, other.Run, cancel)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await runner.ReportAsync(other.SessionId, other.Run)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await client.EventTypesAsync(other.SessionId)).ShouldBe(["session_triggered", "run_claimed", "run_started"]);
    }

    [Fact]
    public async Task It_is_told_only_of_cancels_in_the_project()
    {
        using var bound = await BoundToAsync("shop");
        var key = (await client.PostBodyAsync("/ledger/keys", new { name = "before", scopes = new[] { "runner" } })).Body;
        using var before = fixture.Ledger.ClientWith(key.GetProperty("apiKey").GetString());
        var all = new TestRunner(before, "told");
        var other = await TriggerAsync("blog", "told");
        await all.TakeAsync(other, "told");
        await client.PostBodyAsync($"/ledger/sessions/{other.SessionId}/cancel", new { });
        var later = await TriggerAsync("blog", "told");
        await all.TakeAsync(later, "told");
        await client.CallAsync(HttpMethod.Delete, $"/ledger/keys/{key.GetProperty("keyId").GetString()}");
        var runner = new TestRunner(bound, "told"); // Takes over what the runner held before.
        var own = await TriggerAsync("shop", "told");
        await runner.TakeAsync(own, "told");
        await using var signals = await runner.ListenAsync();

        foreach (var session in new[] { later, own })
        {
            var cancelled = await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { });
            cancelled.Status.ShouldBe(HttpStatusCode.Accepted, cancelled.Body.ToString());
        }

        (await signals.NextAsync()).Data.GetProperty("sessionId").GetGuid().ShouldBe(own.SessionId);
        var cancels = (await runner.AskAsync("told")).Body.GetProperty("cancels").EnumerateArray();
        cancels.Select(cancel => cancel.GetProperty("sessionId").GetGuid()).ShouldBe([own.SessionId]);
    }

    private async Task<HttpClient> BoundToAsync(string project)
    {
        var made = await client.PostBodyAsync("/ledger/keys", new { name = project, project, scopes = new[] { "runner" } });
        return fixture.Ledger.ClientWith(made.Body.GetProperty("apiKey").GetString());
    }

    private Task<Triggered> TriggerAsync(string? project, string location) => client.TriggerAsync(new
    {
        kind = "test",
        name = "Suite",
        project,
        runs = new[] { new { checkType = "PLAYWRIGHT", name = "checkout", location } },
    });
}
