using System.Net;
using Ledger.Http.Empirical;
using Ledger.Http.Tests.Hosting;
using Ledger.Sessions;
using Ledger.Support;

namespace Ledger.Http.Tests.Dialects.Empirical;

/// <summary>The list of test runs and its filters (docs/dialects/empirical.md#reads).</summary>
public sealed class ListTests(EmpiricalLedger ledger) : IClassFixture<EmpiricalLedger>
{
    private readonly EmpiricalClient client = ledger.NewProject();

    [Fact]
    public async Task The_answer_is_the_published_one()
    {
        var run = await client.TriggerAsync("""{"environment": "staging", "branch": "main"}""");

        var answer = await client.GetAsync("/api/test-runs");

        var items = answer.Body.GetProperty("data").GetProperty("test_runs").GetProperty("items");
        var createdAt = items[0].GetProperty("created_at").GetString();
        answer.Body.ShouldBeJson(
            $$"""
            {
              "data": {
                "project": {"id": {{client.Project}}, "name": "{{client.Project}}", "slug": "{{client.Project}}", "repo_name": null},
                "test_runs": {"items": [{
                  "id": {{run}}, "state": "queued", "total_count": 0, "success_count": 0, "failed_count": 0, "skipped_count": 0,
                  "flaky_count": 0, "duration": null, "test_run_branch": "main", "environment_id": {{StableNumber.Of("staging")}},
                  "environment_slug": "staging", "environment_name": "staging", "build_url": null, "build_branch": null, "commit": null,
                  "created_at": "{{createdAt}}"
                }]}
              },
              "pagination": {"page": 1, "per_page": 20, "total": 1, "total_pages": 1}
            }
            """);
    }

    [Fact]
    public async Task Pages_are_numbered_and_counted_exactly()
    {
        var runs = new List<long>();
        for (var n = 0; n < 5; n++)
        {
            runs.Insert(0, await client.TriggerAsync());
        }

        await ShouldBeAsync("per_page=2", runs[0..2], """{"page":1,"per_page":2,"total":5,"total_pages":3}""");
        await ShouldBeAsync("per_page=2&page=2", runs[2..4], """{"page":2,"per_page":2,"total":5,"total_pages":3}""");
        await ShouldBeAsync("per_page=2&page=3", runs[4..5], """{"page":3,"per_page":2,"total":5,"total_pages":3}""");
        await ShouldBeAsync("per_page=2&page=4", [], """{"page":4,"per_page":2,"total":5,"total_pages":3}""");
        await ShouldBeAsync("per_page=100", runs, """{"page":1,"per_page":100,"total":5,"total_pages":1}""");
        await ShouldBeAsync("branch=none", [], """{"page":1,"per_page":20,"total":0,"total_pages":0}""");

        async Task ShouldBeAsync(string query, IReadOnlyList<long> expected, string pagination)
        {
            var answer = await client.GetAsync($"/api/test-runs?{query}");
            IdsOf(answer).ShouldBe(expected, query);
            answer.Body.GetProperty("pagination").ShouldBeJson(pagination);
        }
    }

    [Fact]
    public async Task Each_state_and_each_result_finds_its_own()
    {
        var runs = new Dictionary<RunState, long>();
        foreach (var state in Enum.GetValues<RunState>())
        {
            runs[state] = await client.TriggerAsync();
            await ledger.BringToAsync(runs[state], state);
        }

        await ShouldFindAsync("state=queued", RunState.Queued);
        await ShouldFindAsync("state=started", RunState.Claimed, RunState.Running);
        await ShouldFindAsync("state=cancelling", RunState.Cancelling);
        await ShouldFindAsync("state=ended", RunState.Passed, RunState.Failed, RunState.Degraded);
        await ShouldFindAsync("state=error", RunState.TimedOut, RunState.Lost);
        await ShouldFindAsync("state=cancelled", RunState.Cancelled);
        await ShouldFindAsync("state=pending");
        await ShouldFindAsync("result=passed", RunState.Passed, RunState.Degraded);
        await ShouldFindAsync("result=failed", RunState.Failed);
        await ShouldFindAsync("state=ended&result=failed", RunState.Failed);
        await ShouldFindAsync("state=cancelled&result=failed");
        await ShouldFindAsync("state=started&result=passed");
        await ShouldFindAsync("state=&result=", [.. runs.Keys]);

        async Task ShouldFindAsync(string query, params IReadOnlyList<RunState> expected)
        {
            var answer = await client.GetAsync($"/api/test-runs?{query}");
            IdsOf(answer).ShouldBe(expected.Select(state => runs[state]), ignoreOrder: true, query);
            answer.Body.GetProperty("pagination").GetProperty("total").GetInt64().ShouldBe(expected.Count, query);
        }
    }

    [Fact]
    public async Task Runs_are_found_by_branch_environment_and_id()
    {
        var first = await client.TriggerAsync("""{"environment": "staging", "branch": "main"}""");
        var second = await client.TriggerAsync("""{"environment": "production", "build": {"branch": "main"}}""");
        var third = await client.TriggerAsync("""{"environment": "7", "branch": "feature/x, y"}""");

        (await IdsAsync("branch=main")).ShouldBe([second, first]);
        (await IdsAsync("branch=feature/x,%20y")).ShouldBe([third]);
        (await IdsAsync("environment_ids=7")).ShouldBe([third]);
        (await IdsAsync($"environment_ids={StableNumber.Of("staging")},{StableNumber.Of("production")}")).ShouldBe([second, first]);
        (await IdsAsync($"environment_ids[]={StableNumber.Of("staging")}&environment_ids[]=7")).ShouldBe([third, first]);
        (await IdsAsync("environment_ids=8")).ShouldBeEmpty();
        (await IdsAsync($"environment_ids={StableNumber.Of("staging")}&branch=main")).ShouldBe([first]);
        (await IdsAsync($"id={second}")).ShouldBe([second]);
        (await IdsAsync($"id={second + 1_000_000}")).ShouldBeEmpty();
        (await IdsAsync("id=9223372036854775807")).ShouldBeEmpty();
        (await IdsAsync("id=99999999999999999999")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_run_is_listed_by_the_environment_number_that_it_shows()
    {
        var run = await client.TriggerAsync();
        var number = (await client.ReadAsync(run)).GetProperty("environment_id").GetInt32();

        (await IdsAsync($"environment_ids={number}")).ShouldBe([run]);
    }

    [Fact]
    public async Task An_interval_reaches_back_so_many_days_from_now()
    {
        var clock = new FakeClock();
        await using var running = await RunningLedger.StartAsync(ledger.ConnectionString, clock: clock, account: Guid.NewGuid());
        var account = ledger.ClientOf(null, running.ApiKey, running);
        var old = await account.TriggerAsync();
        clock.Advance(TimeSpan.FromDays(2));
        var young = await account.TriggerAsync();

        IdsOf(await account.GetAsync("/api/test-runs?interval_in_days=1")).ShouldBe([young]);
        IdsOf(await account.GetAsync("/api/test-runs?interval_in_days=3")).ShouldBe([young, old]);
    }

    [Fact]
    public async Task Only_plain_runs_of_the_project_are_listed()
    {
        var run = await client.TriggerAsync();
        var other = ledger.NewProject();
        await other.TriggerAsync();
        await ledger.ClientOf(null).TriggerAsync();
        await ledger.Running.Client.TriggerAsync(new
        {
            kind = "check",
            name = "Checkout",
            project = $"{client.Project}",
            runs = new[] { new { checkType = "PLAYWRIGHT", name = "Checkout", location = "default" } },
        });

        (await IdsAsync("")).ShouldBe([run]);
        (await IdsAsync($"project_id={client.Project}")).ShouldBe([run]);
    }

    [Theory]
    [InlineData("page=0")]
    [InlineData("page=x")]
    [InlineData("page=-1")]
    [InlineData("per_page=0")]
    [InlineData("per_page=101")]
    [InlineData("id=0")]
    [InlineData("id=x")]
    [InlineData("interval_in_days=0")]
    [InlineData("interval_in_days=x")]
    [InlineData("state=running")]
    [InlineData("result=error")]
    [InlineData("environment_ids=staging")]
    [InlineData("project_id=424242")]
    [InlineData("project_id=x")]
    public async Task A_parameter_that_is_wrong_is_400_and_named(string query) =>
        (await client.GetAsync($"/api/test-runs?{query}")).ShouldBeError(HttpStatusCode.BadRequest)
            .ShouldContain(query == "id=0" || query == "id=x" ? "id" : query[..query.IndexOf('=', StringComparison.Ordinal)]);

    [Fact]
    public async Task Unknown_parameters_are_ignored_and_a_key_is_needed()
    {
        (await client.GetAsync("/api/test-runs?unknown=1")).Status.ShouldBe(HttpStatusCode.OK);
        (await ledger.ClientOf(null, "nobody's key").GetAsync("/api/test-runs?page=0")).ShouldBeError(HttpStatusCode.Unauthorized);
    }

    private async Task<IReadOnlyList<long>> IdsAsync(string query)
    {
        var answer = await client.GetAsync($"/api/test-runs?{query}");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body.ToString());
        answer.Body.GetProperty("pagination").GetProperty("total").GetInt64().ShouldBe(IdsOf(answer).Count);
        return IdsOf(answer);
    }

    private static IReadOnlyList<long> IdsOf(Answer answer) =>
    [
        .. answer.Body.GetProperty("data").GetProperty("test_runs").GetProperty("items").EnumerateArray()
            .Select(item => item.GetProperty("id").GetInt64()),
    ];
}
