using System.Net;
using System.Text;
using System.Text.Json;
using Ledger.Http.Tests.AlertChannels;
using Ledger.Sessions;
using Ledger.Support;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>How far a key sees: a key that is bound to a project is bound in this dialect too.</summary>
public sealed class ReadAccessTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    [Fact]
    public async Task A_bound_key_reads_the_results_of_its_project_alone()
    {
        var check = await ledger.RegisterAsync();
        var key = await KeyOfAsync("shop");
        var others = await FailAsync(check, "blog");
        var own = await FailAsync(check, "shop");
        await FailAsync(check, null);

        (await ledger.GetAsync($"/v2/check-results/{check}")).Json.At("length").GetInt32().ShouldBe(3);
        var page = await ledger.GetAsync($"/v2/check-results/{check}?limit=1", key);
        page["entries"].EnumerateArray().ShouldHaveSingleItem().Id("id").ShouldBe(own);
        page["nextId"].ValueKind.ShouldBe(JsonValueKind.Null);
        (await ledger.GetAsync($"/v1/check-results/{check}", key)).Json.EnumerateArray().ShouldHaveSingleItem().Id("id").ShouldBe(own);
        (await ledger.GetAsync($"/v1/check-results/{check}/{own}", key)).Status.ShouldBe(HttpStatusCode.OK);
        (await ledger.GetAsync($"/v1/check-results/{check}/{others}", key)).ShouldBeNotFound("Not Found");
    }

    [Fact]
    public async Task A_bound_key_reads_the_alerts_of_its_project_alone()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.AnswerWith(200);
        var channel = JsonSerializer.Serialize(new { url = receiver.Url, events = (string[])["alert.failure"] });
        await ledger.SendAsync(
            HttpMethod.Put, $"/ledger/alert-channels/{Guid.NewGuid()}", new StringContent(channel, Encoding.UTF8, "application/json"));
        var (others, check, unregistered) = (await ledger.RegisterAsync(), await ledger.RegisterAsync(), Guid.NewGuid());
        var key = await KeyOfAsync("magazine");
        await FailAsync(others, "blog");
        await FailAsync(unregistered, "blog");
        var own = await FailAsync(check, "magazine");
        await FailAsync(check, "blog");

        await Eventually.Become(
            async () => (await ledger.GetAsync("/v1/alert-notifications?hasFailures=false")).Json.EnumerateArray().ToList(),
            all => new HashSet<Guid>([others, unregistered, check]).IsSubsetOf(all.Select(sent => sent.Id("checkId"))));
        (await ledger.GetAsync($"/v1/check-alerts/{check}")).Json.EnumerateArray().Count().ShouldBe(2);
        (await ledger.GetAsync($"/v1/check-alerts/{check}", key)).Json.EnumerateArray().Count().ShouldBe(1);
        (await ledger.GetAsync($"/v1/check-alerts/{others}", key)).Body.ShouldBe("[]");
        (await ledger.GetAsync($"/v1/check-alerts/{unregistered}", key)).ShouldBeNotFound("Not Found");
        var sent = await ledger.GetAsync("/v1/alert-notifications", key);
        sent.Json.EnumerateArray().ShouldHaveSingleItem().Id("checkResultId").ShouldBe(own);
        (await ledger.GetAsync("/v1/check-alerts", key)).Json.EnumerateArray().Select(alert => alert.Id("checkId")).ShouldBe([check]);
        sent.Response.Content.Headers.GetValues("Content-Range").ShouldBe(["items 0-0/1"]);
    }

    [Fact]
    public async Task A_bound_key_is_refused_the_figures_of_the_whole_account()
    {
        var check = await ledger.RegisterAsync();
        await FailAsync(check, "blog");
        var key = await KeyOfAsync("shop");

        foreach (var path in (string[])
        [
            "/v1/check-statuses",
            $"/v1/check-statuses/{check}",
            "/v1/reporting",
            $"/v1/analytics/playwright-checks/{check}?metrics=availability",
            "/v1/checks?status=failing",
        ])
        {
            (await ledger.GetAsync(path)).Status.ShouldBe(HttpStatusCode.OK, path);
            (await ledger.GetAsync(path, key)).Status.ShouldBe(HttpStatusCode.Forbidden, path);
        }

        (await ledger.PostAsync("/v1/analytics/checks", $$"""{"checkIds":["{{check}}"]}""", key)).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_bound_key_reads_what_belongs_to_no_project()
    {
        var check = await ledger.RegisterAsync();
        var key = await KeyOfAsync("shop");

        foreach (var path in (string[])
        [
            "/v1/checks", $"/v1/checks/{check}", "/v1/locations", "/v1/private-locations", "/v1/runtimes", "/next/users/me",
            $"/next/accounts/{ledger.AccountId}",
        ])
        {
            (await ledger.GetAsync(path, key)).Status.ShouldBe(HttpStatusCode.OK, path);
        }
    }

    [Theory]
    [InlineData("/v1/checks")]
    [InlineData("/v1/check-statuses")]
    [InlineData("/v1/locations")]
    public async Task The_account_that_a_client_names_must_be_the_keys_own(string path)
    {
        (await Naming(ledger.AccountId.ToString())).Status.ShouldBe(HttpStatusCode.OK);
        (await Naming(Guid.NewGuid().ToString())).ShouldBeForbidden();
        (await Naming("mine")).ShouldBeBadRequestNaming("x-checkly-account");

        Task<Answer> Naming(string account) => ledger.SendAsync(HttpMethod.Get, path, headers: ("x-checkly-account", account));
    }

    private async Task<string> KeyOfAsync(string project)
    {
        var made = await ledger.PostAsync("/ledger/keys", JsonSerializer.Serialize(new { name = "bound", project, scopes = (string[])["read"] }));
        made.Status.ShouldBe(HttpStatusCode.Created, made.Body);
        return made["apiKey"].GetString()!;
    }

    /// <summary>Has a run of a check fail in a project, and gives the id of its result.</summary>
    private async Task<Guid> FailAsync(Guid check, string? project)
    {
        var made = await ledger.PostAsync("/ledger/sessions", JsonSerializer.Serialize(new
        {
            kind = "check",
            name = "Checkout",
            project,
            runs = new[] { new { checkId = check, checkType = "PLAYWRIGHT", name = "Checkout", location = "eu-central-1" } },
        }));
        made.Status.ShouldBe(HttpStatusCode.Created, made.Body);
        var (session, run) = (made["sessionId"].GetGuid(), made["runs/0/sequenceId"].GetGuid());
        await ledger.Runner.StartAsync(session, run);
        return await ledger.Runner.ReportAsync(session, run, ResultType.Final, hasFailures: true, responseTime: 1_200);
    }
}
