using Ledger.Sessions;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>Registered checks as the vendor's command line reads them (docs/dialects/checkly.md#registry).</summary>
public sealed class RegisteredCheckTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    [Fact]
    public async Task A_check_has_the_members_that_the_client_reads_and_its_private_locations_apart()
    {
        var id = await ledger.RegisterAsync(
            checkType: "API",
            tags: ["production"],
            locations: ["eu-central-1", "office"],
            spec: new { apiRequest = new { method = "POST", url = "http://shop/api" } });

        var check = await ledger.GetAsync($"/v1/checks/{id}");

        check["id"].GetGuid().ShouldBe(id);
        check["name"].GetString().ShouldBe($"Check {id:N}");
        check["checkType"].GetString().ShouldBe("API");
        check["activated"].GetBoolean().ShouldBeTrue();
        check["muted"].GetBoolean().ShouldBeFalse();
        check.Json.TryGetProperty("frequency", out _).ShouldBeFalse("It is described as a number.");
        check.Json.List("locations").Select(each => each.GetString()).ShouldBe(["eu-central-1"]);
        check.Json.List("privateLocations").Select(each => each.GetString()).ShouldBe(["office"]);
        check.Json.List("tags").Select(each => each.GetString()).ShouldBe(["production"]);
        check["request/method"].GetString().ShouldBe("POST");
        check["request/url"].GetString().ShouldBe("http://shop/api");
        (await ledger.GetAsync($"/v1/checks/{await ledger.RegisterAsync()}")).Json.TryGetProperty("request", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Pages_tell_in_content_range_how_many_checks_there_are()
    {
        var tag = NewTag();
        for (var i = 0; i < 12; i++)
        {
            await ledger.RegisterAsync(tags: [tag]);
        }

        var (first, range) = await ListAsync($"tag={tag}");
        var (second, rangeOfSecond) = await ListAsync($"tag={tag}&page=2");
        var (all, rangeOfAll) = await ListAsync($"tag={tag}&limit=100&page=0");

        (first.Count, second.Count, all.Count).ShouldBe((10, 2, 12));
        first.Concat(second).ShouldBe(all);
        (range, rangeOfSecond, rangeOfAll).ShouldBe(("items 0-9/12", "items 10-11/12", "items 0-11/12"));
        var (beyond, rangeBeyond) = await ListAsync($"tag={tag}&page=3");
        (beyond.Count, rangeBeyond).ShouldBe((0, "items */12"));
        var (none, rangeOfNone) = await ListAsync($"tag={NewTag()}");
        (none.Count, rangeOfNone).ShouldBe((0, "items */0"));
    }

    [Fact]
    public async Task Filters_narrow_the_list()
    {
        var (tag, other) = (NewTag(), NewTag());
        var playwright = await ledger.RegisterAsync(tags: [tag]);
        var api = await ledger.RegisterAsync(checkType: "API", tags: [tag, other]);

        (await IdsAsync($"tag={tag}")).ShouldBe([playwright, api], ignoreOrder: true);
        (await IdsAsync($"tag={tag}&tag={other}")).ShouldBe([api]);
        (await IdsAsync($"tag[]={tag}&tag[]={other}")).ShouldBe([api]);
        (await IdsAsync($"tag={tag}&checkType=PLAYWRIGHT")).ShouldBe([playwright]);
        (await IdsAsync($"tag={tag}&search=CHECK {api:N}")).ShouldBe([api]);
        (await IdsAsync($"tag={tag}&applyGroupSettings=true&search=x x")).ShouldBeEmpty();
        (await IdsAsync($"tag={tag}&status=passing")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_status_is_that_of_the_last_run_that_counts()
    {
        var tag = NewTag();
        var passing = await RunAsync(tag, (session, run) => ledger.Runner.PassAsync(session, run));
        var failing = await RunAsync(tag, (session, run) => ledger.Runner.FailAsync(session, run));
        var lost = await RunAsync(tag, (session, run) => ledger.Runner.LoseAsync(session, run));
        var degraded = await RunAsync(
            tag, (session, run) => ledger.Runner.ReportAsync(session, run, ResultType.Final, isDegraded: true, responseTime: 1));
        await ledger.RegisterAsync(tags: [tag]);

        (await IdsAsync($"tag={tag}&status=passing")).ShouldBe([passing]);
        (await IdsAsync($"tag={tag}&status=failing")).ShouldBe([failing, lost], ignoreOrder: true);
        (await IdsAsync($"tag={tag}&status=degraded")).ShouldBe([degraded]);
    }

    [Fact]
    public async Task Checks_of_another_account_do_not_exist()
    {
        var check = await ledger.RegisterAsync();
        var stranger = await ledger.KeyOfAnotherAccountAsync();

        (await ledger.GetAsync($"/v1/checks/{check}", stranger)).ShouldBeNotFound("Not Found");
        (await ledger.GetAsync("/v1/checks", stranger)).Body.ShouldBe("[]");
        (await ledger.GetAsync($"/v1/checks/{Guid.NewGuid()}")).ShouldBeNotFound("Not Found");
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("page=x", "page")]
    [InlineData("checkType=X", "checkType")]
    [InlineData("status=PASSING", "status")]
    public async Task A_parameter_out_of_its_bounds_is_400_and_named(string query, string parameter) =>
        (await ledger.GetAsync($"/v1/checks?{query}")).ShouldBeBadRequestNaming($"'{parameter}'");

    private static string NewTag() => $"t-{Guid.NewGuid():N}";

    private async Task<Guid> RunAsync(string tag, Func<Guid, Guid, Task> settle)
    {
        var check = await ledger.RegisterAsync(tags: [tag]);
        var session = await ledger.TriggerCheckAsync(check);
        await ledger.Runner.StartAllAsync(session);
        await settle(session, (await ledger.SequencesOfAsync(session))[0]);
        return check;
    }

    private async Task<IReadOnlyList<Guid>> IdsAsync(string query) => (await ListAsync(query)).Ids;

    private async Task<(IReadOnlyList<Guid> Ids, string ContentRange)> ListAsync(string query)
    {
        var answer = await ledger.GetAsync($"/v1/checks?{query}");
        return ([.. answer.Json.EnumerateArray().Select(check => check.Id("id"))],
            answer.Response.Content.Headers.GetValues("Content-Range").Single());
    }
}
