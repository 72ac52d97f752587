using System.Net;
using System.Text.Json;
using Ledger.Http.Empirical;
using Ledger.Http.Tests.Hosting;
using Ledger.Sessions;
using Ledger.Support;

namespace Ledger.Http.Tests.Dialects.Empirical;

/// <summary>How the days of a project are counted (docs/dialects/empirical.md#analytics).</summary>
public sealed class AnalyticsTests(EmpiricalLedger ledger) : IClassFixture<EmpiricalLedger>
{
    private const string Path = "/api/v2/analytics/test-runs";

    private readonly EmpiricalClient client = ledger.NewProject();

    [Fact]
    public async Task Every_ending_is_counted_once_and_cancelled_runs_beside_the_others()
    {
        var today = DateTime.UtcNow;
        foreach (var state in Enum.GetValues<RunState>())
        {
            await ledger.BringToAsync(await client.TriggerAsync(), state, Tests);
        }

        await ledger.BringToAsync(
            await client.TriggerAsync("""{"environment": "staging", "rerun_source_id": 1}"""), RunState.Passed, Tests);
        await ledger.BringToAsync(
            await client.TriggerAsync("""{"environment": "staging", "rerun_source_id": 1}"""), RunState.Cancelled, Tests);

        (await ReadAsync()).ShouldBeJson(
            $$"""
            {
              "data": {
                "daily": [{
                  "date": "{{today:yyyy-MM-dd}}", "run_count": 6, "passed_runs": 3, "failed_runs": 1, "error_runs": 2, "cancelled_runs": 2,
                  "rerun_count": 1, "total_tests": 28, "passed_tests": 8, "failed_tests": 8, "failed_tests_after_snooze": 8,
                  "flaky_tests": 4
                }],
                "summary": {
                  "total_runs": 6, "passed_runs": 3, "failed_runs": 1, "error_runs": 2, "pass_rate": 50, "avg_tests_per_run": 5,
                  "rerun_count": 1, "rerun_rate": 17
                }
              }
            }
            """);
    }

    [Fact]
    public async Task Nothing_is_counted_as_nothing() => (await ReadAsync()).ShouldBeJson(
        """
        {"data": {"daily": [], "summary": {"total_runs": 0, "passed_runs": 0, "failed_runs": 0, "error_runs": 0, "pass_rate": 0,
          "avg_tests_per_run": 0, "rerun_count": 0, "rerun_rate": 0}}}
        """);

    [Fact]
    public async Task Only_cancelled_runs_make_a_day_without_runs()
    {
        await ledger.BringToAsync(await client.TriggerAsync(), RunState.Cancelled);

        var data = (await ReadAsync()).GetProperty("data");

        var day = data.GetProperty("daily").EnumerateArray().ShouldHaveSingleItem();
        (day.GetProperty("run_count").GetInt32(), day.GetProperty("cancelled_runs").GetInt32()).ShouldBe((0, 1));
        data.GetProperty("summary").GetProperty("total_runs").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task Filters_are_taken_together()
    {
        await EndedAsync("""{"environment": "staging", "branch": "main"}""");
        await EndedAsync("""{"environment": "production", "branch": "main"}""");
        await EndedAsync("""{"environment": "production", "build": {"branch": "fix"}}""");

        (await CountAsync("")).ShouldBe(3);
        (await CountAsync("branch=main")).ShouldBe(2);
        (await CountAsync("branch=fix")).ShouldBe(1);
        (await CountAsync("branch=none")).ShouldBe(0);
        (await CountAsync($"environment_id={StableNumber.Of("production")}")).ShouldBe(2);
        (await CountAsync($"environment_id={StableNumber.Of("production")}&branch=main")).ShouldBe(1);
        (await CountAsync("environment_id=1")).ShouldBe(0);
        (await CountAsync("days=1")).ShouldBe(3);
        (await CountAsync("days=90&branch=&environment_id=&start_date=&end_date=")).ShouldBe(3);
    }

    [Fact]
    public async Task Dates_are_days_in_utc_and_both_belong_to_the_range()
    {
        await EndedAsync("""{"environment": "staging"}""");
        var today = DateTime.UtcNow;
        var yesterday = today.AddDays(-1);

        (await CountAsync($"start_date={today:yyyy-MM-dd}&end_date={today:yyyy-MM-dd}")).ShouldBe(1);
        (await CountAsync($"start_date={yesterday:yyyy-MM-dd}&end_date={today:yyyy-MM-dd}T00:00:00Z")).ShouldBe(1);
        (await CountAsync($"start_date={yesterday:yyyy-MM-dd}&end_date={yesterday:yyyy-MM-dd}")).ShouldBe(0);
        (await CountAsync($"start_date={yesterday:yyyy-MM-dd}&end_date={yesterday:yyyy-MM-dd}&days=30")).ShouldBe(0);
    }

    [Fact]
    public async Task The_last_days_are_counted_from_today()
    {
        using var database = new TestDatabase();
        var clock = new FakeClock();
        await using var host = await RunningLedger.StartAsync(database.ConnectionString, clock: clock);
        var own = ledger.ClientOf(null, of: host, key: host.ApiKey);
        await own.TriggerAsync();
        await own.CancelAsync(1);
        clock.JumpWallClock(TimeSpan.FromDays(29));
        (await DaysAsync("")).ShouldBe(1);
        (await DaysAsync("?days=29")).ShouldBe(0);
        clock.JumpWallClock(TimeSpan.FromDays(1));
        (await DaysAsync("")).ShouldBe(0);
        (await DaysAsync("?days=90")).ShouldBe(1);

        async Task<int> DaysAsync(string query) =>
            (await own.GetAsync($"{Path}{query}")).Body.GetProperty("data").GetProperty("daily").GetArrayLength();
    }

    [Fact]
    public async Task Another_project_and_another_account_see_nothing()
    {
        await EndedAsync("""{"environment": "staging"}""");
        await using var other = await RunningLedger.StartAsync(ledger.ConnectionString);

        (await CountAsync("", ledger.NewProject())).ShouldBe(0);
        (await CountAsync("", ledger.ClientOf(client.Project, other.ApiKey, other))).ShouldBe(0);
    }

    [Theory]
    [InlineData("days=0")]
    [InlineData("days=91")]
    [InlineData("days=-1")]
    [InlineData("days=many")]
    [InlineData("days=99999999999999999999")]
    [InlineData("start_date=2026-08-18")]
    [InlineData("end_date=2026-08-18")]
    [InlineData("start_date=2026-08-19&end_date=2026-08-18")]
    [InlineData("start_date=2024-08-18&end_date=2026-08-18")]
    [InlineData("start_date=0001-01-01&end_date=9999-12-31")]
    [InlineData("start_date=18.08.2026&end_date=2026-08-18")]
    [InlineData("start_date=2026-02-30&end_date=2026-03-01")]
    [InlineData("environment_id=0")]
    [InlineData("environment_id=staging")]
    [InlineData("environment_id=99999999999")]
    [InlineData("project_id=99999")]
    [InlineData("project_id=x")]
    public async Task A_malformed_query_is_400(string query) =>
        (await client.GetAsync($"{Path}?{query}")).ShouldBeError(HttpStatusCode.BadRequest);

    [Theory]
    [InlineData("start_date=0001-01-01&end_date=0001-01-01")]
    [InlineData("start_date=9999-12-31&end_date=9999-12-31")]
    [InlineData("unheard=of")]
    [InlineData("branch=%F0%9F%A6%86")]
    public async Task An_odd_query_is_answered(string query) => (await CountAsync(query)).ShouldBe(0);

    [Fact]
    public async Task Nul_characters_are_no_failure_of_the_ledgers() =>
        ((int)(await client.GetAsync($"{Path}?branch=a%00b")).Status).ShouldBeInRange(200, 499);

    [Fact]
    public async Task A_key_is_needed_and_its_scope_is_looked_at()
    {
        using var nobody = ledger.Running.ClientWith(null);
        (await nobody.ReadAsync(Path)).ShouldBeError(HttpStatusCode.Unauthorized);

        var runner = ledger.ClientOf(client.Project, await ledger.KeyAsync(scopes: "runner"));
        (await runner.GetAsync(Path)).ShouldBeError(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Too_many_requests_are_429_in_the_envelope()
    {
        using var database = new TestDatabase();
        await using var host = await RunningLedger.StartAsync(
            database.ConnectionString, new Dictionary<string, string?> { ["Ledger:RateLimit:Requests"] = "1" });
        var limited = ledger.ClientOf(null, of: host, key: host.ApiKey);
        (await limited.GetAsync(Path)).Status.ShouldBe(HttpStatusCode.OK);

        (await limited.GetAsync(Path)).ShouldBeError(HttpStatusCode.TooManyRequests);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(400, 5, 80)]
    [InlineData(100, 200, 1)]
    [InlineData(99, 200, 0)]
    [InlineData(200, 3, 67)]
    [InlineData(100, 3, 33)]
    public void Rates_are_rounded_to_the_nearest(long dividend, long divisor, long rounded) =>
        ReportSummary.Rounded(dividend, divisor).ShouldBe(rounded);

    private static JsonElement Tests { get; } = JsonSerializer.SerializeToElement(new
    {
        testCases = new[] { "passed", "passed", "failed", "timedOut", "flaky", "skipped", "interrupted" }
            .Select((status, n) => new { title = $"test {n}", status }),
    });

    private async Task EndedAsync(string trigger) => await ledger.BringToAsync(await client.TriggerAsync(trigger), RunState.Passed);

    private async Task<JsonElement> ReadAsync()
    {
        var answer = await client.GetAsync(Path);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body.ToString());
        return answer.Body;
    }

    private async Task<int> CountAsync(string query, EmpiricalClient? of = null)
    {
        var answer = await (of ?? client).GetAsync($"{Path}?{query}");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body.ToString());
        return answer.Body.GetProperty("data").GetProperty("summary").GetProperty("total_runs").GetInt32();
    }
}
