using System.Net;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;

namespace Ledger.Http.Tests.Cancels;

public sealed class BulkCancelTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task Every_open_session_that_the_filter_lets_through_is_cancelled()
    {
        var mine = await TriggerAsync("shop", "main");
        var held = await TriggerAsync("shop", "main", "held");
        await new TestRunner(client, "bulk").ClaimAsync("held");
        var otherBranch = await TriggerAsync("shop", "feature");
        var otherProject = await TriggerAsync("blog", "main");

        var answer = await client.PostBodyAsync(
            "/ledger/cancels", new { filter = new { project = "shop", branch = "main", kind = "check" }, reason = "Bad deploy", cause = "failFast" });

        answer.Status.ShouldBe(HttpStatusCode.MultiStatus);
        answer.Body.GetProperty("cancelled").GetInt32().ShouldBe(2);
        answer.Body.GetProperty("skipped").GetInt32().ShouldBe(0);
        Ids(answer).ShouldBe([held.SessionId, mine.SessionId], "newest first");
        (await StatusAsync(mine)).ShouldBe("CANCELLED");
        (await StatusAsync(held)).ShouldBe("STARTED");
        (await StatusAsync(otherBranch)).ShouldBe("STARTED");
        (await StatusAsync(otherProject)).ShouldBe("STARTED");
        var cancel = (await client.SessionAsync(held.SessionId)).GetProperty("runs")[0].GetProperty("cancel");
        cancel.GetProperty("reason").GetString().ShouldBe("Bad deploy");
        cancel.GetProperty("cause").GetString().ShouldBe("failFast");
    }

    [Fact]
    public async Task A_dry_run_says_the_same_and_appends_nothing()
    {
        var session = await TriggerAsync("dry", "main");
        var before = await client.HeadAsync();

        var dry = await client.PostBodyAsync("/ledger/cancels", new { filter = new { project = "dry" }, reason = "Try", dryRun = true });

        dry.Body.GetProperty("cancelled").GetInt32().ShouldBe(1);
        Ids(dry).ShouldBe([session.SessionId]);
        (await client.HeadAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task What_cannot_be_cancelled_is_skipped_and_says_why()
    {
        await client.TriggerAsync(new
        {
            kind = "test",
            name = "Api only",
            project = "api",
            runs = new[] { new { checkType = "API", name = "ping", location = "x" } },
        });

        var answer = await client.PostBodyAsync("/ledger/cancels", new { filter = new { project = "api" }, reason = "No" });

        answer.Body.GetProperty("skipped").GetInt32().ShouldBe(1);
        var item = answer.Body.GetProperty("items")[0];
        item.GetProperty("outcome").GetString().ShouldBe("skipped");
        item.GetProperty("why").GetString().ShouldBe("nothing-to-cancel");
    }

    [Fact]
    public async Task The_limit_bounds_it_and_a_repeat_takes_the_rest()
    {
        var sessions = new List<Triggered>();
        for (var number = 0; number < 3; number++)
        {
            sessions.Add(await TriggerAsync("many", "main"));
        }

        var first = await client.PostBodyAsync("/ledger/cancels", new { filter = new { project = "many" }, reason = "All", limit = 2 });
        var second = await client.PostBodyAsync("/ledger/cancels", new { filter = new { project = "many" }, reason = "All", limit = 2 });

        Ids(first).ShouldBe([sessions[2].SessionId, sessions[1].SessionId]);
        Ids(second).ShouldBe([sessions[0].SessionId]);
    }

    [Fact]
    public async Task With_a_check_only_the_runs_of_that_check_are_cancelled()
    {
        var (mine, other) = (Guid.NewGuid(), Guid.NewGuid());
        var session = await client.TriggerAsync(new
        {
            kind = "test",
            name = "Two checks",
            runs = new[] { mine, other }.Select(checkId => new { checkId, checkType = "PLAYWRIGHT", name = "x", location = "bycheck" }),
        });

        await client.PostBodyAsync("/ledger/cancels", new { filter = new { checkId = mine }, reason = "Flaky" });

        var runs = (await client.SessionAsync(session.SessionId)).GetProperty("runs");
        runs[0].GetProperty("state").GetString().ShouldBe("cancelled");
        runs[1].GetProperty("state").GetString().ShouldBe("queued");
    }

    [Fact]
    public async Task Sessions_of_another_account_are_out_of_reach()
    {
        await using var foreign = await RunningLedger.StartAsync(fixture.ConnectionString);
        var session = await TriggerAsync("theirs", "main");

        var answer = await foreign.Client.PostBodyAsync("/ledger/cancels", new { filter = new { }, reason = "Mine" });

        answer.Body.GetProperty("items").GetArrayLength().ShouldBe(0);
        (await StatusAsync(session)).ShouldBe("STARTED");
    }

    private static IEnumerable<Guid> Ids(Answer answer) =>
        answer.Body.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("sessionId").GetGuid());

    private Task<Triggered> TriggerAsync(string project, string branch, string location = "bulk") => client.TriggerAsync(new
    {
        kind = "check",
        name = "Checkout",
        project,
        metadata = new { branchName = branch },
        runs = new[] { new { checkType = "PLAYWRIGHT", name = "checkout", location } },
    });

    private async Task<string?> StatusAsync(Triggered session) =>
        (await client.SessionAsync(session.SessionId)).GetProperty("status").GetString();
}
