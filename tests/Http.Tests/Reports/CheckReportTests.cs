using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Dialects.Checkly;
using Ledger.Http.Tests.Dialects.Checkly.Reporting;

namespace Ledger.Http.Tests.Reports;

/// <summary><c>GET /ledger/reports/checks</c> (docs/http.md#audit-and-reports).</summary>
public sealed class CheckReportTests(ReportingLedger ledger) : IClassFixture<ReportingLedger>
{
    private static readonly DateTimeOffset Now = ReportingLedger.Utc("2026-08-18T10:53");

    [Fact]
    public async Task A_report_tells_how_runs_went_and_how_many_were_cancelled_why()
    {
        var check = Guid.NewGuid();
        await ledger.SettleAsync(check, Now, 100);
        await ledger.SettleAsync(check, Now, 300, isDegraded: true);
        await ledger.SettleAsync(check, Now, 800, hasFailures: true);
        await ledger.LoseAsync(check, Now);
        var before = await ReportAsync($"checkId={check}");
        await ledger.CancelAsync(check, Now);
        await ledger.CancelAsync(check, Now, "failFast");
        await ledger.CancelAsync(check, Now);

        var report = await ReportAsync($"checkId={check}");

        report.Text("from").ShouldBe("2026-08-17T10:53:00.000Z");
        report.Text("to").ShouldBe("2026-08-18T10:53:00.000Z");
        report.Text("groupBy").ShouldBe("none");
        report.At("nextCursor").ValueKind.ShouldBe(JsonValueKind.Null);
        var entry = report.List("checks").ShouldHaveSingleItem();
        entry.Id("checkId").ShouldBe(check);
        (entry.At("runs").GetInt64(), entry.At("passed").GetInt64(), entry.At("degraded").GetInt64(), entry.At("failed").GetInt64())
            .ShouldBe((4, 1, 1, 1));
        (entry.At("lost").GetInt64(), entry.At("timedOut").GetInt64()).ShouldBe((1, 0));
        (entry.At("availability").GetDecimal(), entry.At("successRatio").GetDecimal()).ShouldBe((50m, 50m));
        entry.At("responseTime").GetRawText().ShouldBe("""{"avg":300,"min":0,"max":800,"p50":100,"p95":800,"p99":800}""");
        entry.At("cancelled").GetRawText().ShouldBe(
            """{"total":3,"byCause":{"user":2,"superseded":0,"failFast":1,"timeout":0,"shutdown":0,"system":0}}""");
        entry.TryGetProperty("buckets", out _).ShouldBeFalse();
        Uncancelled(entry).ShouldBe(Uncancelled(before.At("checks/0")));
    }

    [Fact]
    public async Task Hours_and_days_are_buckets_of_the_same_figures()
    {
        var check = Guid.NewGuid();
        await ledger.SettleAsync(check, Now.AddHours(-20), 100);
        await ledger.SettleAsync(check, ReportingLedger.Utc("2026-08-18T09:59:59.999"), 200);
        await ledger.SettleAsync(check, ReportingLedger.Utc("2026-08-18T10:00"), 400);
        await ledger.CancelAsync(check, Now);

        var hours = (await ReportAsync($"checkId={check}&groupBy=hour")).At("checks/0");
        var days = (await ReportAsync($"checkId={check}&groupBy=day")).At("checks/0");

        hours.List("buckets").Select(bucket => (bucket.Text("from"), bucket.Text("to"), bucket.At("responseTime/avg").GetInt64())).ShouldBe(
        [
            ("2026-08-17T14:00:00.000Z", "2026-08-17T15:00:00.000Z", 100),
            ("2026-08-18T09:00:00.000Z", "2026-08-18T10:00:00.000Z", 200),
            ("2026-08-18T10:00:00.000Z", "2026-08-18T10:53:00.000Z", 400),
        ]);
        days.List("buckets").Select(bucket => (bucket.Text("from"), bucket.At("runs").GetInt64(), bucket.At("cancelled/total").GetInt64())).ShouldBe(
            [("2026-08-17T10:53:00.000Z", 1, 0), ("2026-08-18T00:00:00.000Z", 2, 1)]);
        hours.At("runs").GetInt64().ShouldBe(3);
        hours.At("responseTime/max").GetInt64().ShouldBe(400);
    }

    [Fact]
    public async Task A_key_that_is_bound_to_a_project_is_refused_the_figures_of_the_account()
    {
        var made = await ledger.SendAsync(HttpMethod.Post, "/ledger/keys", """{"name":"bound","project":"shop","scopes":["read"]}""");
        var key = made["apiKey"].GetString();

        (await ledger.GetAsync("/ledger/reports/checks", key)).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await ledger.GetAsync("/ledger/reports/cancellations", key)).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Both_ends_of_a_range_are_exact()
    {
        var check = Guid.NewGuid();
        await ledger.SettleAsync(check, ReportingLedger.Utc("2026-08-18T08:10:00"), 100);
        await ledger.SettleAsync(check, ReportingLedger.Utc("2026-08-18T09:20:00"), 200);

        (await RunsAsync(check, "2026-08-18T08:10:00Z", "2026-08-18T09:20:00Z")).ShouldBe(1);
        (await RunsAsync(check, "2026-08-18T08:10:00Z", "2026-08-18T09:20:00.001Z")).ShouldBe(2);
        (await RunsAsync(check, "2026-08-18T08:10:00.001Z", "2026-08-18T09:20:00.001Z")).ShouldBe(1);
    }

    [Fact]
    public async Task Pages_meet_and_a_check_without_a_run_is_not_there()
    {
        var at = ReportingLedger.Utc("2025-01-01T12:00");
        var checks = Enumerable.Range(0, 5).Select(_ => Guid.NewGuid()).Order().ToList();
        foreach (var check in checks)
        {
            await ledger.CancelAsync(check, at);
        }

        var found = new List<Guid>();
        for (var cursor = ""; ;)
        {
            var page = await ReportAsync($"from=2025-01-01&to=2025-01-02&limit=2{cursor}");
            found.AddRange(page.List("checks").Select(entry => entry.Id("checkId")));
            if (page.At("nextCursor").GetString() is not { } next)
            {
                break;
            }

            cursor = $"&cursor={next}";
        }

        found.ShouldBe(checks);
        var entry = (await ReportAsync($"from=2025-01-01&to=2025-01-02&checkId={checks[3]}&checkId={Guid.NewGuid()}"))
            .List("checks").ShouldHaveSingleItem();
        entry.At("runs").GetInt64().ShouldBe(0);
        entry.At("availability").ValueKind.ShouldBe(JsonValueKind.Null);
        entry.At("responseTime").GetRawText().ShouldBe("""{"avg":null,"min":null,"max":null,"p50":null,"p95":null,"p99":null}""");
        (await ReportAsync("from=2024-12-31&to=2025-01-01")).List("checks").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("from=yesterday")]
    [InlineData("from=2026-01-02&to=2026-01-01")]
    [InlineData("from=2026-01-01&to=2026-01-01")]
    [InlineData("from=2026-01-01&to=2026-02-01&groupBy=hour")]
    [InlineData("from=2024-01-01&to=2026-01-01&groupBy=day")]
    [InlineData("from=0001-01-01&groupBy=day")]
    [InlineData("groupBy=week")]
    [InlineData("checkId=x")]
    [InlineData("limit=0")]
    [InlineData("limit=101")]
    [InlineData("cursor=x")]
    [InlineData("project=shop")]
    public async Task What_is_wrong_is_refused(string query) =>
        (await ledger.GetAsync($"/ledger/reports/checks?{query}")).Status.ShouldBe(HttpStatusCode.BadRequest);

    [Theory]
    [InlineData("from=0001-01-01")]
    [InlineData("from=0001-01-01&to=0001-01-01T00:00:01Z")]
    [InlineData("to=9999-12-31T23:59:59Z")]
    [InlineData("from=9999-12-30&to=9999-12-31&groupBy=hour")]
    public async Task The_ends_of_time_are_allowed(string query) =>
        (await ledger.GetAsync($"/ledger/reports/checks?{query}")).Status.ShouldBe(HttpStatusCode.OK);

    private static string Uncancelled(JsonElement entry) =>
        string.Join(' ', entry.EnumerateObject().Where(member => member.Name != "cancelled").Select(member => member.ToString()));

    private async Task<long> RunsAsync(Guid check, string from, string to) =>
        (await ReportAsync($"from={from}&to={to}&checkId={check}")).At("checks/0/runs").GetInt64();

    private async Task<JsonElement> ReportAsync(string query)
    {
        ledger.SetTime(Now);
        var answer = await ledger.GetAsync($"/ledger/reports/checks?{query}");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return answer.Json;
    }
}
