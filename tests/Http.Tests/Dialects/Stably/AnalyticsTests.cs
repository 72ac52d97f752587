using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Dialects.Stably;

/// <summary>
/// The rates that <c>stably analytics</c> asks for; cancelled runs and interrupted tests stand in none of them
/// (docs/dialects/stably.md#command-line).
/// </summary>
public sealed class AnalyticsTests(StablyLedger ledger) : IClassFixture<StablyLedger>
{
    private readonly string project = StablyLedger.NewProject();

    [Fact]
    public async Task A_project_without_runs_has_no_flaky_and_no_failing_tests()
    {
        (await ReadAsync("flaky")).GetRawText().ShouldBe(
            """{"period":{"days":7,"isComplete":true},"filters":{"branch":null},"tests":[],"summary":{"totalFlakyTests":0,"totalNonSkippedRuns":0}}""");
        (await ReadAsync("failures")).GetProperty("summary").GetRawText().ShouldBe("""{"totalFailingTests":0,"totalNonSkippedRuns":0}""");
    }

    [Fact]
    public async Task Tests_are_counted_over_the_runs_and_ranked_by_their_rate()
    {
        await ledger.FinishAsync(project, [Test("login", "flaky"), Test("pay", "passed")]);
        await ledger.FinishAsync(project, [Test("login", "passed"), Test("pay", "flaky"), Test("mail", "skipped")]);
        await ledger.FinishAsync(project, [Test("login", "flaky"), Test("pay", "failed")], failed: true);
        await ledger.FinishAsync(project, [Test("login", "passed"), Test("pay", "timedOut")], failed: true);
        await ledger.FinishAsync(project);

        var flaky = await ReadAsync("flaky");
        var failing = await ReadAsync("failures");

        flaky.GetProperty("tests").EnumerateArray().Select(Of).ShouldBe([("login", 2, 4, 0.5), ("pay", 1, 4, 0.25)]);
        flaky.GetProperty("summary").GetRawText().ShouldBe("""{"totalFlakyTests":2,"totalNonSkippedRuns":4}""");
        var pay = failing.GetProperty("tests").EnumerateArray().ShouldHaveSingleItem();
        pay.GetProperty("title").GetString().ShouldBe("pay");
        pay.GetProperty("location").GetString().ShouldBe("pay.spec.ts:3");
        pay.GetProperty("failedCount").GetInt32().ShouldBe(2);
        pay.GetProperty("failureRate").GetDouble().ShouldBe(0.5);
        pay.GetProperty("lastFailedAt").GetDateTimeOffset().ShouldBeGreaterThan(DateTimeOffset.UtcNow.AddMinutes(-5));

        static (string?, int, int, double) Of(JsonElement test) => (
            test.GetProperty("testRef").GetString(),
            test.GetProperty("flakyCount").GetInt32(),
            test.GetProperty("nonSkippedRuns").GetInt32(),
            test.GetProperty("flakyRate").GetDouble());
    }

    [Fact]
    public async Task A_cancelled_run_and_an_interrupted_test_leave_every_figure_as_it_was()
    {
        await ledger.FinishAsync(project, [Test("login", "failed")], failed: true);
        var before = await ReadAsync("failures");
        var run = await ledger.StartAsync(project);
        await ledger.CancelAsync(project, run);
        await ledger.Runner.AbortAsync(run, await ledger.SequenceOfAsync(run));
        await ledger.FinishAsync(run, [Test("login", "failed"), Test("pay", "failed")], cancelled: true);
        await ledger.FinishAsync(project, [Test("login", "interrupted")], failed: true);

        var after = await ReadAsync("failures");

        after.GetRawText().ShouldBe(before.GetRawText());
    }

    [Fact]
    public async Task A_branch_and_a_limit_narrow_it()
    {
        await ledger.FinishAsync(project, [Test("login", "failed")], failed: true, """{"branch":"main"}""");
        await ledger.FinishAsync(project, [Test("pay", "failed"), Test("mail", "failed")], failed: true, """{"branch":"develop"}""");

        var main = await ReadAsync("failures", "&branchName=main");
        var first = await ReadAsync("failures", "&limit=1&days=90");

        main.GetProperty("filters").GetProperty("branch").GetString().ShouldBe("main");
        main.GetProperty("tests").EnumerateArray().ShouldHaveSingleItem().GetProperty("title").GetString().ShouldBe("login");
        first.GetProperty("tests").GetArrayLength().ShouldBe(1);
        first.GetProperty("summary").GetProperty("totalFailingTests").GetInt32().ShouldBe(3);
    }

    [Theory]
    [InlineData("flaky", "", "projectId")]
    [InlineData("flaky", "projectId=p&days=0", "days")]
    [InlineData("flaky", "projectId=p&days=91", "days")]
    [InlineData("failures", "projectId=p&limit=101", "limit")]
    public async Task A_bad_value_is_400_naming_it(string what, string query, string name) =>
        (await ledger.Client.ReadAsync($"/internal/v1/cli/analytics/{what}?{query}")).ShouldBeBadRequestNaming(name);

    private static object Test(string title, string status) => new { id = title, title, location = $"{title}.spec.ts:3", status, durationMs = 5 };

    private async Task<JsonElement> ReadAsync(string what, string query = "")
    {
        var answer = await ledger.Client.ReadAsync($"/internal/v1/cli/analytics/{what}?projectId={project}{query}");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body.ToString());
        return answer.Body;
    }
}
