using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;

namespace Ledger.Http.Tests.Runners;

/// <summary>Which runners work for the account, and what each holds.</summary>
public sealed class RunnerListTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task A_runner_is_listed_with_where_it_stands_and_what_it_holds_on_every_host()
    {
        await using var other = await RunningLedger.StartAsync(fixture.ConnectionString, account: fixture.Ledger.AccountId);
        var runner = new TestRunner(client, "listed");
        var session = await client.TriggerAsync("listed");
        await runner.TakeAsync(session, "listed");

        foreach (var host in (HttpClient[])[client, other.Client])
        {
            var listed = await FindAsync(host, "listed", found => found.GetProperty("held").GetInt64() == 1 && found.GetProperty("holds")[0].GetProperty("state").GetString() == "running");
            listed.GetProperty("isConnected").GetBoolean().ShouldBeTrue();
            listed.GetProperty("locations")[0].GetString().ShouldBe("listed");
            var held = listed.GetProperty("holds")[0];
            held.GetProperty("sessionId").GetGuid().ShouldBe(session.SessionId);
            held.GetProperty("sessionName").GetString().ShouldBe("Checkout");
        }

        await runner.ReportAsync(session.SessionId, session.Run);
        (await FindAsync(client, "listed", found => found.GetProperty("held").GetInt64() == 0)).GetProperty("holds").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_runner_that_ends_what_it_holds_drains_until_it_claims_again()
    {
        var made = await client.PostBodyAsync("/ledger/keys", new { name = "runner", scopes = new[] { "runner" } });
        using var key = fixture.Ledger.ClientWith(made.Body.GetProperty("apiKey").GetString());
        var runner = new TestRunner(key, "drained");
        var session = await client.TriggerAsync("drained");
        await runner.TakeAsync(session, "drained");

        (await runner.TellShutdownAsync(session)).Status.ShouldBe(HttpStatusCode.Accepted);
        await FindAsync(client, "drained", found => found.GetProperty("drainingSince").ValueKind is JsonValueKind.String);

        await runner.ClaimAsync("drained");
        await FindAsync(client, "drained", found => found.GetProperty("drainingSince").ValueKind is JsonValueKind.Null);
    }

    [Fact]
    public async Task A_key_that_is_bound_to_a_project_is_refused()
    {
        var made = await client.PostBodyAsync("/ledger/keys", new { name = "bound", scopes = new[] { "read" }, project = "one" });
        using var bound = fixture.Ledger.ClientWith(made.Body.GetProperty("apiKey").GetString());

        (await bound.ReadAsync("/ledger/runners")).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    private static Task<JsonElement> FindAsync(HttpClient host, string runner, Func<JsonElement, bool> condition) => Eventually.Become(
        async () => (await host.ReadAsync("/ledger/runners")).Body.GetProperty("entries").EnumerateArray()
            .Single(entry => entry.GetProperty("runnerId").GetString() == runner),
        condition);
}
