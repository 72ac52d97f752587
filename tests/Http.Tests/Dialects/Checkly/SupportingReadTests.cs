using System.Text.Json;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>What the vendor's command line looks up (docs/dialects/checkly.md#registry, docs/dialects/checkly-cli.md#endpoints).</summary>
public sealed class SupportingReadTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    [Fact]
    public async Task The_account_is_the_keys_own_and_has_a_runtime_that_exists()
    {
        var account = await ledger.GetAsync($"/next/accounts/{ledger.AccountId}");
        var runtimes = await ledger.GetAsync("/v1/runtimes");

        account["id"].GetGuid().ShouldBe(ledger.AccountId);
        account["name"].GetString().ShouldNotBeNullOrEmpty();
        account["features"].GetArrayLength().ShouldBe(0);
        account["runtimeId"].GetString().ShouldBe("2025.04");
        var runtime = runtimes.Json.EnumerateArray().Single(each => each.Text("name") == "2025.04");
        runtime.At("multiStepSupport").GetBoolean().ShouldBeTrue();
        runtime.Text("nodeJsVersion").ShouldStartWith("v");
        runtime.Text("stage").ShouldBe("CURRENT");
        runtime.At("dependencies").EnumerateObject().ShouldAllBe(package => package.Value.ValueKind == JsonValueKind.String);
        (await ledger.GetAsync("/v1/runtimes/2025.04")).Body.ShouldBe(runtime.GetRawText());
        (await ledger.GetAsync("/v1/runtimes/1999.01")).ShouldBeNotFound("Not Found");
    }

    [Fact]
    public async Task Another_account_is_forbidden_a_malformed_id_bad_and_a_wrong_key_unauthorized()
    {
        (await ledger.GetAsync($"/next/accounts/{Guid.NewGuid()}")).ShouldBeForbidden();
        (await ledger.GetAsync("/next/accounts/mine")).ShouldBeBadRequestNaming("accountId");
        (await ledger.GetAsync($"/next/accounts/{ledger.AccountId}", "no such key")).ShouldBeUnauthorized();
        (await ledger.GetAsync($"/next/accounts/{ledger.AccountId}", await ledger.KeyWithAsync("runner"))).ShouldBeForbidden();
    }

    [Fact]
    public async Task The_user_is_who_holds_the_key()
    {
        (await ledger.GetAsync("/next/users/me", await ledger.KeyOfPersonAsync("Dana")))["name"].GetString().ShouldBe("Dana");
        (await ledger.GetAsync("/next/users/me", await ledger.KeyWithAsync("read")))["name"].GetString().ShouldBe("test");
    }

    [Fact]
    public async Task Locations_are_the_published_regions_and_private_ones_those_of_checks_that_are_none_of_them()
    {
        var slug = $"office-{Guid.NewGuid():N}";
        await ledger.RegisterAsync(locations: ["eu-central-1", slug]);
        await ledger.RegisterAsync(locations: [slug]);

        var regions = (await ledger.GetAsync("/v1/locations")).Json.EnumerateArray().ToDictionary(each => each.Text("region"));
        var location = await PrivateLocationAsync();

        regions["eu-central-1"].Text("name").ShouldBe("Frankfurt");
        regions.Keys.ShouldNotContain(slug);
        location.Text("name").ShouldBe(slug);
        (await PrivateLocationAsync()).Id("id").ShouldBe(location.Id("id"));
        (await ledger.GetAsync("/v1/private-locations", await ledger.KeyOfAnotherAccountAsync())).Body.ShouldBe("[]");

        async Task<JsonElement> PrivateLocationAsync() =>
            (await ledger.GetAsync("/v1/private-locations")).Json.EnumerateArray().Single(each => each.Text("slugName") == slug);
    }

    [Fact]
    public async Task Links_lead_to_the_session_and_its_result()
    {
        var test = await ledger.TriggerTestAsync(await ledger.RegisterAsync());
        var (session, result) = (test["testSessionId"].GetGuid(), test["results/0/testSessionResultId"].GetGuid());

        (await ledger.GetAsync($"/next/test-sessions/{session}/link"))["link"].GetString().ShouldBe(test["testSessionLink"].GetString());
        var links = await ledger.GetAsync($"/next/test-sessions/{session}/results/{result}/links");
        links["testResultLink"].GetString().ShouldBe(test["results/0/testSessionResultLink"].GetString());
        new[] { "testTraceLinks", "videoLinks", "screenshotLinks" }.ShouldAllBe(name => links[name].GetArrayLength() == 0);
        (await ledger.GetAsync($"/next/test-sessions/{Guid.NewGuid()}/link")).ShouldBeNotFound("No such test session.");
        (await ledger.GetAsync($"/next/test-sessions/{session}/results/{Guid.NewGuid()}/links")).ShouldBeNotFound("Not Found");
        (await ledger.GetAsync("/next/test-sessions/x/link")).ShouldBeBadRequestNaming("testSessionId");
    }

    [Fact]
    public async Task Locations_can_be_set()
    {
        await using var own = await RunningLedger.StartAsync(
            ledger.ConnectionString, new Dictionary<string, string?> { ["Ledger:Checkly:Locations:dc-1"] = "Basement" });

        var locations = await own.Client.ReadAsync("/v1/locations");

        locations.Body.GetRawText().ShouldBe("""[{"region":"dc-1","name":"Basement"}]""");
    }
}
