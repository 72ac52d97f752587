using System.Net;
using Ledger.Http.Tests.Dialects.Checkly;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;

namespace Ledger.Http.Tests.Dialects.TesterArmy;

/// <summary>The webhook of a group: its address is the credential (docs/dialects/testerarmy.md#webhooks).</summary>
public sealed class WebhookTests(TesterArmyLedger ledger) : IClassFixture<TesterArmyLedger>
{
    [Theory]
    [InlineData("")]
    [InlineData("/api")]
    public async Task Whoever_knows_the_address_runs_the_group_without_a_key(string mount)
    {
        var path = await ledger.WebhookAsync(await ledger.GroupAsync(Guid.NewGuid(), Guid.NewGuid()));

        var answer = await ledger.PostAsync(mount + path, """{"targetUrl":"https://preview.example","id":"evt_1"}""", key: "");

        answer.Status.ShouldBe(HttpStatusCode.Accepted, answer.Body);
        answer["received"].GetBoolean().ShouldBeTrue();
        answer.Json.Ids("batchIds").ShouldBe([answer.Json.Id("batchId")]);
        answer.Json.Ids("runIds").Count.ShouldBe(2);
        answer.Json.TryGetProperty("ignored", out _).ShouldBeFalse();
        var run = answer.Json.Ids("runIds")[0];
        var shown = await ledger.RunAsync(run);
        shown.Text("source").ShouldBe("webhook");
        shown.Text("input/targetUrl").ShouldBe("https://preview.example");
        var actor = (await ledger.Running.Client.SessionAsync(run)).At("actor");
        actor.Text("kind").ShouldBe("apiKey");
        actor.Text("name").ShouldBe("deploys");
        actor.Text("id").ShouldBe(path.Split('/')[^2]);
        (await ledger.PostAsync($"/v1/batches/{answer.Json.Id("batchId")}/cancel"))["cancelled"].GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task A_single_run_is_named_by_itself_and_a_group_without_a_runnable_test_is_ignored()
    {
        var single = await ledger.PostAsync(await ledger.WebhookAsync(await ledger.GroupAsync(Guid.NewGuid())), key: "");
        var nothing = await ledger.PostAsync(
            await ledger.WebhookAsync(await ledger.GroupAsync(await ledger.RegisterAsync(activated: false))), key: "");

        single.Json.Ids("runIds").ShouldBe([single.Json.Id("runId")]);
        nothing.Status.ShouldBe(HttpStatusCode.Accepted);
        nothing["ignored"].GetBoolean().ShouldBeTrue();
        nothing.Json.Ids("runIds").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wrong_secret_an_unknown_webhook_and_a_deleted_one_are_401_though_a_key_is_sent()
    {
        var group = await ledger.GroupAsync(Guid.NewGuid());
        var path = await ledger.WebhookAsync(group);
        var other = await ledger.WebhookAsync(group);
        var (id, secret) = (path.Split('/')[^2], path.Split('/')[^1]);
        (await ledger.Running.Client.CallAsync(HttpMethod.Delete, $"/ledger/groups/{group}/webhooks/{other.Split('/')[^2]}")).Status
            .ShouldBe(HttpStatusCode.NoContent);

        foreach (var wrong in (string[])[$"{id}/wrong", $"{Guid.NewGuid()}/{secret}", $"x/{secret}", $"{id}/{new string('a', 600)}", $"{id}/{secret}0"])
        {
            (await ledger.PostAsync($"/v1/groups/webhook/{wrong}")).ShouldBeError(HttpStatusCode.Unauthorized, "Unauthorized");
        }

        (await ledger.PostAsync(other)).ShouldBeError(HttpStatusCode.Unauthorized, "Unauthorized");
        (await ledger.PostAsync(path, key: "")).Status.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task A_body_that_is_no_json_or_makes_no_sense_is_400()
    {
        var path = await ledger.WebhookAsync(await ledger.GroupAsync(Guid.NewGuid()));

        (await ledger.PostAsync(path, "{", key: "")).ShouldBeError(HttpStatusCode.BadRequest, "ValidationError");
        (await ledger.PostAsync(path, """{"targetUrl":"x"}""", key: "")).ShouldBeError(HttpStatusCode.BadRequest, "ValidationError");
    }

    [Fact]
    public async Task Each_webhook_has_a_limit_of_its_own_which_wrong_secrets_do_not_use_up()
    {
        using var database = new TestDatabase();
        await using var limited = await RunningLedger.StartAsync(
            database.ConnectionString, new Dictionary<string, string?> { ["Ledger:RateLimit:Classes:webhook:Requests"] = "2" });
        var group = Guid.NewGuid();
        await limited.Client.CallAsync(HttpMethod.Put, $"/ledger/groups/{group}", new { name = "g", checkIds = new[] { Guid.NewGuid() } });
        var paths = new List<string>();
        for (var n = 0; n < 2; n++)
        {
            paths.Add(new Uri((await limited.Client.PostBodyAsync($"/ledger/groups/{group}/webhooks", null)).Body.Text("url")).AbsolutePath);
        }

        using var nobody = limited.ClientWith(null);
        for (var n = 0; n < 5; n++)
        {
            (await nobody.PostBodyAsync(paths[0] + "x", null)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        }

        (await nobody.PostBodyAsync(paths[0], null)).Status.ShouldBe(HttpStatusCode.Accepted);
        (await nobody.PostBodyAsync(paths[0], null)).Status.ShouldBe(HttpStatusCode.Accepted);
        using var refused = await nobody.PostAsync(paths[0], null);
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter.ShouldNotBeNull();
        (await refused.Content.ReadAsStringAsync()).ShouldStartWith("""{"error":"RateLimited",""");
        (await nobody.PostBodyAsync(paths[1], null)).Status.ShouldBe(HttpStatusCode.Accepted);
    }
}
