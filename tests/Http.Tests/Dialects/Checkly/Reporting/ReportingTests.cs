using System.Net;
using System.Text.Json;

namespace Ledger.Http.Tests.Dialects.Checkly.Reporting;

/// <summary>How the runs of all checks are reported (docs/dialects/checkly.md#reports).</summary>
public sealed class ReportingTests(ReportingLedger ledger) : IClassFixture<ReportingLedger>
{
    [Fact]
    public async Task Degraded_runs_are_successes_and_cancelled_ones_and_tests_are_no_runs()
    {
        var at = ReportingLedger.Utc("2026-08-18T10:10");
        var check = await ledger.RegisterAsync(tags: ["production"]);
        await ledger.SettleAsync(check, at, 22_100, isDegraded: true);
        await ledger.SettleAsync(check, at, 41_230, hasFailures: true);
        await ledger.SettleAsync(check, at, 30_390);
        await ledger.CancelAsync(check, at);
        await ledger.SettleAsync(check, at, 900_000, hasFailures: true, kind: "test");

        var entry = await EntryAsync(check, "");

        entry.EnumerateObject().Select(member => member.Name).ShouldBe(["name", "checkId", "checkType", "deactivated", "tags", "aggregate"]);
        entry.Text("name").ShouldBe($"Check {check:N}");
        entry.Text("checkType").ShouldBe("PLAYWRIGHT");
        entry.At("deactivated").GetBoolean().ShouldBeFalse();
        entry.List("tags").Select(tag => tag.GetString()).ShouldBe(["production"]);
        entry.At("aggregate").GetRawText().ShouldBe("""{"successRatio":66.6667,"avg":31240,"p95":41230,"p99":41230}""");
    }

    [Theory]
    [InlineData("Europe/Berlin", "2026-03-28T23:00", 23)]
    [InlineData("Europe/Berlin", "2026-10-24T22:00", 25)]
    [InlineData("America/St_Johns", "2026-03-08T03:30", 23)]
    [InlineData("America/St_Johns", "2026-11-01T02:30", 25)]
    [InlineData("Asia/Kathmandu", "2026-05-04T18:15", 24)]
    [InlineData("UTC", "2026-05-04T00:00", 24)]
    public async Task A_day_has_the_runs_from_its_first_moment_to_its_last(string zone, string start, int hours)
    {
        var (from, moment) = (ReportingLedger.Utc(start), TimeSpan.FromMilliseconds(1));
        var to = from.AddHours(hours);
        var check = await ledger.RegisterAsync();
        await ledger.SettleAsync(check, from - moment, 100);
        await ledger.SettleAsync(check, from, 200);
        await ledger.SettleAsync(check, to - moment, 400);
        await ledger.SettleAsync(check, to, 800);
        var window = $"from={from.AddHours(-30).ToUnixTimeSeconds()}&to={to.AddHours(2).ToUnixTimeSeconds()}";

        var buckets = (await EntryAsync(check, $"{window}&granularity=day&timezone={Uri.EscapeDataString(zone)}")).List("aggregates");

        buckets.Select(bucket => bucket.At("avg").GetInt64()).ShouldBe([100, 300, 800]);
        buckets[1].At("from").GetDateTimeOffset().ShouldBe(from);
        buckets[1].At("to").GetDateTimeOffset().ShouldBe(to);
        buckets[2].At("to").GetDateTimeOffset().ShouldBe(to.AddHours(2));
    }

    [Fact]
    public async Task Weeks_begin_on_Monday_and_empty_ones_are_left_out()
    {
        var check = await ledger.RegisterAsync();
        await ledger.SettleAsync(check, ReportingLedger.Utc("2026-03-29T21:59:59.999"), 100);
        await ledger.SettleAsync(check, ReportingLedger.Utc("2026-03-29T22:00"), 200);
        await ledger.SettleAsync(check, ReportingLedger.Utc("2026-04-19T10:00"), 400);
        var window = $"from={Seconds("2026-03-20T00:00")}&to={Seconds("2026-05-01T00:00")}";

        var buckets = (await EntryAsync(check, $"{window}&granularity=week&timezone=Europe/Berlin")).List("aggregates");

        buckets.Select(bucket => (bucket.Text("from"), bucket.At("avg").GetInt64())).ShouldBe(
        [
            ("2026-03-22T23:00:00.000Z", 100), ("2026-03-29T22:00:00.000Z", 200), ("2026-04-12T22:00:00.000Z", 400),
        ]);
    }

    [Fact]
    public async Task What_is_settled_now_is_in_a_range_up_to_now()
    {
        var now = ReportingLedger.Utc("2026-07-01T00:00");
        var check = await ledger.RegisterAsync();
        await ledger.SettleAsync(check, now, 100);

        foreach (var range in (string[])["last24Hrs", "last7Days", "last30Days", "thisWeek", "thisMonth"])
        {
            (await EntryAsync(check, $"quickRange={range}")).At("aggregate/successRatio").GetInt32().ShouldBe(100, range);
        }

        (await EntryAsync(check, "quickRange=lastMonth")).TryGetProperty("aggregate", out _).ShouldBeFalse();
        var day = (await EntryAsync(check, "granularity=day&quickRange=last7Days")).List("aggregates").ShouldHaveSingleItem();
        (day.Text("from"), day.Text("to")).ShouldBe(("2026-06-30T00:00:00.000Z", "2026-07-01T00:00:00.000Z"));
    }

    [Fact]
    public async Task Where_no_run_counts_there_is_nothing_instead_of_a_number()
    {
        var check = await ledger.RegisterAsync();
        await ledger.CancelAsync(check, ReportingLedger.Utc("2026-08-18T10:10"));

        (await EntryAsync(check, "")).EnumerateObject().Select(member => member.Name).ShouldNotContain("aggregate");
        (await EntryAsync(check, "granularity=month")).List("aggregates").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_run_that_was_lost_as_soon_as_it_began_is_a_failure_of_no_length()
    {
        var check = await ledger.RegisterAsync();
        await ledger.LoseAsync(check, ReportingLedger.Utc("2026-08-18T10:10"));

        (await EntryAsync(check, "")).At("aggregate").GetRawText().ShouldBe("""{"successRatio":0,"avg":0,"p95":0,"p99":0}""");
    }

    [Fact]
    public async Task Tags_and_activation_narrow_the_report()
    {
        var (one, two) = ($"a{Guid.NewGuid():N}", $"b{Guid.NewGuid():N}");
        var both = await ledger.RegisterAsync(tags: [one, two]);
        var first = await ledger.RegisterAsync(tags: [one], activated: false);

        (await ChecksAsync($"filterByTags={one}")).ShouldBe([both, first], ignoreOrder: true);
        (await ChecksAsync($"filterByTags[]={one}&filterByTags[]={two}")).ShouldBe([both]);
        (await ChecksAsync($"filterByTags%5B%5D={one}&deactivated=true")).ShouldBe([first]);
        (await ChecksAsync($"filterByTags={one}&deactivated=false")).ShouldBe([both]);
        (await ChecksAsync("filterByTags=none")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("quickRange=last24Hours", "quickRange")]
    [InlineData("granularity=hour", "granularity")]
    [InlineData("granularity=day&timezone=%2B05:00", "timezone")]
    [InlineData("granularity=day&timezone=Mars/Olympus", "timezone")]
    [InlineData("timezone=nowhere", "timezone")]
    [InlineData("deactivated=perhaps", "deactivated")]
    [InlineData("from=-1", "from")]
    [InlineData("from=yesterday", "from")]
    [InlineData("from=200&to=100", "from")]
    [InlineData("from=100&to=100", "from")]
    [InlineData("from=99999999999", "from")]
    [InlineData("from=1767225600&to=1777680001&granularity=day", "granularity")]
    [InlineData("from=1700000000&to=1734560001&granularity=month", "400 days")]
    [InlineData("from=0&granularity=month", "400 days")]
    public async Task What_is_wrong_is_named(string query, string parameter) =>
        (await ledger.GetAsync($"/v1/reporting?{query}")).ShouldBeBadRequestNaming(parameter);

    [Theory]
    [InlineData("from=0")]
    [InlineData("to=253402300799")]
    [InlineData("from=0&to=0.5")]
    [InlineData("from=253402300798&to=253402300799&granularity=day")]
    [InlineData("from=1767225600&to=1777593600&granularity=day")]
    [InlineData("from=1700000000&to=1734560000&granularity=week&timezone=Asia/Kathmandu")]
    public async Task The_ends_of_what_is_allowed_are_allowed(string query) =>
        ((int)(await ledger.GetAsync($"/v1/reporting?{query}")).Status).ShouldBeOneOf(200, query.Contains("253402300798", StringComparison.Ordinal) ? 400 : 200);

    private static long Seconds(string time) => ReportingLedger.Utc(time).ToUnixTimeSeconds();

    private async Task<IEnumerable<Guid>> ChecksAsync(string query) => (await ListAsync(query)).Select(entry => entry.Id("checkId"));

    private async Task<JsonElement> EntryAsync(Guid check, string query) => (await ListAsync(query)).Single(entry => entry.Id("checkId") == check);

    private async Task<IReadOnlyList<JsonElement>> ListAsync(string query)
    {
        var answer = await ledger.GetAsync($"/v1/reporting?{query}");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return [.. answer.Json.EnumerateArray()];
    }
}
