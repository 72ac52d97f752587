using System.Net;
using Ledger.Http.Tests.Dialects.Checkly.Published;

namespace Ledger.Http.Tests.Dialects.Checkly.Reporting;

/// <summary>The analytics of several checks and of one (docs/dialects/checkly.md#reports).</summary>
public sealed class AnalyticsTests(ReportingLedger ledger) : IClassFixture<ReportingLedger>
{
    private static readonly DateTimeOffset Now = ReportingLedger.Utc("2026-08-18T10:53");

    [Fact]
    public async Task Several_checks_are_answered_in_the_order_of_the_request_and_unknown_ones_left_out()
    {
        var (some, none) = (await ledger.RegisterAsync(), await ledger.RegisterAsync());
        await ledger.SettleAsync(some, Now.AddHours(-2), 100);
        await ledger.SettleAsync(some, Now.AddMinutes(-1), 200, hasFailures: true);
        await ledger.CancelAsync(none, Now);

        var answer = await BatchAsync($$"""{"checkIds":["{{none}}","{{Guid.NewGuid()}}","{{some}}","{{none}}"]}""");

        answer.Json.EnumerateArray().Select(item => item.GetRawText()).ShouldBe(
        [
            $$"""{"checkId":"{{none}}","checkType":"PLAYWRIGHT","availability":null,"responseTime_avg":null,"responseTime_p50":null,"responseTime_p95":null,"responseTime_p99":null}""",
            $$"""{"checkId":"{{some}}","checkType":"PLAYWRIGHT","availability":50,"responseTime_avg":150,"responseTime_p50":100,"responseTime_p95":200,"responseTime_p99":200}""",
        ]);
    }

    [Theory]
    [InlineData("HEARTBEAT", "checkId checkType availability")]
    [InlineData("ICMP", "checkId checkType availability latency_avg latency_p50 latency_p95 latency_p99 packetLoss_avg packetLoss_p95 packetLoss_p99")]
    [InlineData("API", "checkId checkType availability responseTime_avg responseTime_p50 responseTime_p95 responseTime_p99")]
    public async Task What_does_not_apply_to_the_type_is_absent(string checkType, string members)
    {
        var check = await ledger.RegisterAsync(checkType);

        var answer = await BatchAsync($$"""{"checkIds":["{{check}}"]}""", "?quickRange=lastMonth");

        answer["0"].EnumerateObject().Select(member => member.Name).ShouldBe(members.Split(' '));
    }

    [Theory]
    [InlineData("", "checkIds")]
    [InlineData("{", "JSON")]
    [InlineData("{}", "body")]
    [InlineData("""{"checkIds":[]}""", "checkIds")]
    [InlineData("""{"checkIds":["x"]}""", "checkIds")]
    [InlineData("""{"checkIds":null}""", "body")]
    [InlineData("""{"checkIds":["5a0f6f4e-6c55-4f0a-8a1d-5a3c9e0c7b21"],"from":1}""", "from")]
    public async Task Only_the_documented_body_is_taken(string body, string named) =>
        (await ledger.SendAsync(HttpMethod.Post, "/v1/analytics/checks", body)).ShouldBeBadRequestNaming(named);

    [Fact]
    public async Task A_hundred_checks_are_taken_and_no_more()
    {
        var ids = Enumerable.Range(0, 101).Select(_ => $"\"{Guid.NewGuid()}\"").ToList();

        (await BatchAsync($$"""{"checkIds":[{{string.Join(',', ids.Skip(1))}}]}""")).Body.ShouldBe("[]");
        (await ledger.SendAsync(HttpMethod.Post, "/v1/analytics/checks", $$"""{"checkIds":[{{string.Join(',', ids)}}]}"""))
            .ShouldBeBadRequestNaming("checkIds");
        (await ledger.SendAsync(HttpMethod.Post, "/v1/analytics/checks?quickRange=last30Days", $$"""{"checkIds":[{{ids[0]}}]}"""))
            .ShouldBeBadRequestNaming("quickRange");
    }

    [Fact]
    public async Task Every_aggregated_metric_of_a_Playwright_check_is_one_row()
    {
        var check = await ledger.RegisterAsync(tags: ["production"]);
        foreach (var time in (long[])[20, 40, 40, 40, 50, 50, 70, 90])
        {
            await ledger.SettleAsync(check, Now.AddMinutes(-time), time, hasFailures: time > 70);
        }

        await ledger.CancelAsync(check, Now);
        ledger.SetTime(Now);
        const string Metrics = "availability,responseTime_avg,responseTime_max,responseTime_median,responseTime_min,responseTime_p50,"
            + "responseTime_p90,responseTime_p95,responseTime_p99,responseTime_stddev,responseTime_sum,LCP_avg";

        var answer = await ReadAsync(check, $"metrics={Metrics}");

        answer["from"].GetString().ShouldBe("2026-08-17T10:53:00.000Z");
        answer["to"].GetString().ShouldBe("2026-08-18T10:53:00.000Z");
        answer["pagination"].GetRawText().ShouldBe("""{"page":1,"limit":10}""");
        answer["metadata/availability"].GetRawText().ShouldBe("""{"unit":"percentage","label":"Availability","aggregation":"avg"}""");
        answer.Json.At("metadata").EnumerateObject().Count().ShouldBe(11);
        answer["series"].GetRawText().ShouldBe(
            """[{"data":[{"availability":87.5,"responseTime_avg":50,"responseTime_max":90,"responseTime_median":40,"responseTime_min":20"""
            + ""","responseTime_p50":40,"responseTime_p90":90,"responseTime_p95":90,"responseTime_p99":90,"responseTime_stddev":20,"responseTime_sum":400}]}]""");
    }

    [Fact]
    public async Task Nothing_counted_is_null_and_no_series_of_a_location()
    {
        var check = await ledger.RegisterAsync();

        (await ReadAsync(check, "metrics=availability,responseTime_p95"))["series"].GetRawText()
            .ShouldBe("""[{"data":[{"availability":null,"responseTime_p95":null}]}]""");
        (await ReadAsync(check, "metrics=availability&groupBy=runLocation"))["series"].GetRawText().ShouldBe("[]");
        (await ReadAsync(check, "metrics=retries"))["series"].GetRawText().ShouldBe("""[{"data":[]}]""");
    }

    [Fact]
    public async Task Intervals_are_those_of_the_clock_and_come_in_pages()
    {
        var check = await ledger.RegisterAsync();
        await ledger.SettleAsync(check, ReportingLedger.Utc("2026-08-18T10:59:59.999"), 100);
        await ledger.SettleAsync(check, ReportingLedger.Utc("2026-08-18T11:00"), 200);
        await ledger.SettleAsync(check, ReportingLedger.Utc("2026-08-18T12:10"), 400);
        var query = $"metrics=responseTime_avg&aggregationInterval=60&limit=2&from={Seconds("2026-08-18T10:30")}&to={Seconds("2026-08-18T12:30")}";

        (await ReadAsync(check, query))["series/0/data"].GetRawText().ShouldBe(
            """[{"startedAt":"2026-08-18T10:30:00.000Z","responseTime_avg":100},{"startedAt":"2026-08-18T11:00:00.000Z","responseTime_avg":200}]""");
        (await ReadAsync(check, query + "&page=2"))["series/0/data"].GetRawText().ShouldBe(
            """[{"startedAt":"2026-08-18T12:00:00.000Z","responseTime_avg":400}]""");
        (await ReadAsync(check, query + "&page=3"))["series/0/data"].GetRawText().ShouldBe("[]");
        (await ReadAsync(check, query + "&page=2147483647"))["series/0/data"].GetRawText().ShouldBe("[]");
    }

    [Fact]
    public async Task Locations_and_ways_to_end_are_told_apart()
    {
        var check = await ledger.RegisterAsync();
        await ledger.SettleAsync(check, Now, 100, location: "us-east-1");
        await ledger.SettleAsync(check, Now, 300, hasFailures: true, location: "us-east-1");
        await ledger.SettleAsync(check, Now, 500, isDegraded: true);

        (await ReadAsync(check, "metrics=responseTime_sum&groupBy=runLocation"))["series"].GetRawText().ShouldBe(
            """[{"runLocation":"eu-central-1","data":[{"responseTime_sum":500}]},{"runLocation":"us-east-1","data":[{"responseTime_sum":400}]}]""");
        (await ReadAsync(check, "metrics=responseTime_sum&filterByStatus=failure"))["series/0/data/0/responseTime_sum"].GetInt64().ShouldBe(300);
        (await ReadAsync(check, "metrics=responseTime_sum&filterByStatus[]=success"))["series/0/data/0/responseTime_sum"].GetInt64().ShouldBe(600);
        (await ReadAsync(check, "metrics=responseTime&groupBy=runLocation&filterByStatus=success&filterByStatus=failure"))
            .Json.List("series").Select(series => series.List("data").Count).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task Raw_metrics_are_one_row_for_each_run()
    {
        var check = await ledger.RegisterAsync();
        await ledger.SettleAsync(check, Now.AddMinutes(-9), 100, failedTries: 2);
        await ledger.CancelAsync(check, Now.AddMinutes(-5));
        await ledger.LoseAsync(check, Now.AddMinutes(-1));

        var answer = await ReadAsync(check, "metrics=responseTime,retries");

        answer["series"].GetRawText().ShouldBe(
            """[{"data":[{"startedAt":"2026-08-18T10:44:00.000Z","responseTime":100,"retries":2},{"startedAt":"2026-08-18T10:52:00.000Z","responseTime":0,"retries":0}]}]""");
        answer["metadata/retries"].GetRawText().ShouldBe("""{"unit":"count","label":"Retries"}""");
        (await ReadAsync(check, "metrics=retries&limit=1&page=2")).Json.List("series/0/data").ShouldHaveSingleItem().At("retries").GetInt32().ShouldBe(0);
    }

    [Theory]
    [InlineData("", "metrics")]
    [InlineData("metrics=LCP_avg", "metrics")]
    [InlineData("metrics=retries,availability", "metrics")]
    [InlineData("metrics=availability&aggregationInterval=0", "aggregationInterval")]
    [InlineData("metrics=availability&aggregationInterval=43201", "aggregationInterval")]
    [InlineData("metrics=availability&groupBy=checkId", "groupBy")]
    [InlineData("metrics=availability&filterByStatus=cancelled", "filterByStatus")]
    [InlineData("metrics=availability&quickRange=last24Hrs", "quickRange")]
    [InlineData("metrics=availability&limit=101", "limit")]
    [InlineData("metrics=availability&page=x", "page")]
    public async Task What_is_wrong_is_named(string query, string parameter) =>
        (await ledger.GetAsync($"/v1/analytics/playwright-checks/{Guid.NewGuid()}?{query}")).ShouldBeBadRequestNaming(parameter);

    [Fact]
    public async Task Other_checks_are_not_found()
    {
        var api = await ledger.RegisterAsync("API");

        (await ledger.GetAsync($"/v1/analytics/playwright-checks/{api}?metrics=retries")).ShouldBeNotFound("Not Found");
        (await ledger.GetAsync($"/v1/analytics/playwright-checks/{Guid.NewGuid()}?metrics=retries")).ShouldBeNotFound("Not Found");
    }

    [PublishedFact]
    public async Task Every_documented_status_is_answered_as_described()
    {
        var check = await ledger.RegisterAsync();
        var commander = await ledger.KeyWithAsync("command");
        (HttpMethod Method, string Path, string? Body)[] reads =
        [
            (HttpMethod.Get, "/v1/reporting", null),
            (HttpMethod.Get, $"/v1/analytics/playwright-checks/{check}?metrics=availability", null),
            (HttpMethod.Post, "/v1/analytics/checks", $$"""{"checkIds":["{{check}}"]}"""),
        ];
        foreach (var (method, path, body) in reads)
        {
            (await ledger.SendAsync(method, path, body)).Status.ShouldBe(HttpStatusCode.OK);
            (await ledger.SendAsync(method, path, body, key: "")).ShouldBeUnauthorized();
            (await ledger.SendAsync(method, path, body, commander)).ShouldBeForbidden();
        }

        (await ledger.GetAsync("/v1/analytics/playwright-checks/x?metrics=availability")).ShouldBeBadRequestNaming("id");
        (await ledger.GetAsync($"/v1/analytics/playwright-checks/{Guid.NewGuid()}?metrics=availability")).ShouldBeNotFound("Not Found");
        (await ledger.SendAsync(HttpMethod.Post, "/v1/analytics/checks", "{}")).Status.ShouldBe(HttpStatusCode.BadRequest);

        // 402 is never sent (docs/dialects/checkly.md#errors), and 429 is in the tests of rate limits.
        var seen = ledger.Checked.Select(answer => (Template(answer.Path), answer.Status)).ToHashSet();
        PublishedDescription.Instance!.Documented
            .Select(answer => (Path: Template(answer.Path), answer.Status))
            .Where(answer => answer.Path.Contains("/analytics/", StringComparison.Ordinal) || answer.Path.EndsWith("/reporting", StringComparison.Ordinal))
            .Where(answer => answer.Status is not (402 or 429) && !seen.Contains(answer))
            .ShouldBeEmpty();
    }

    [Fact]
    public async Task Another_account_sees_none_of_it()
    {
        var check = await ledger.RegisterAsync();
        await ledger.SettleAsync(check, Now, 100);
        var stranger = await ledger.KeyOfAnotherAccountAsync();

        (await ledger.GetAsync("/v1/reporting", stranger)).Body.ShouldBe("[]");
        (await ledger.SendAsync(HttpMethod.Post, "/v1/analytics/checks", $$"""{"checkIds":["{{check}}"]}""", stranger)).Body.ShouldBe("[]");
        (await ledger.GetAsync($"/v1/analytics/playwright-checks/{check}?metrics=retries", stranger)).ShouldBeNotFound("Not Found");
        (await ledger.GetAsync($"/ledger/reports/checks?checkId={check}", stranger)).Json.List("checks").ShouldBeEmpty();
    }

    private static string Template(string path) =>
        string.Join('/', path.Split('/').Select(part => part.StartsWith('{') || part == "x" || Guid.TryParse(part, out _) ? "{}" : part));

    private static long Seconds(string time) => ReportingLedger.Utc(time).ToUnixTimeSeconds();

    private async Task<Answer> BatchAsync(string body, string query = "")
    {
        ledger.SetTime(Now);
        var answer = await ledger.SendAsync(HttpMethod.Post, $"/v1/analytics/checks{query}", body);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return answer;
    }

    private async Task<Answer> ReadAsync(Guid check, string query)
    {
        ledger.SetTime(Now);
        var answer = await ledger.GetAsync($"/v1/analytics/playwright-checks/{check}?{query}");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return answer;
    }
}
