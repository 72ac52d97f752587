using System.Net;
using System.Net.Http.Headers;
using Ledger.Http.Tests.Dialects.Checkly.Published;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>A 429 to a cancel kills the genuine client, so polling must never starve one (docs/dialects/common.md#rate-limits).</summary>
public sealed class RateLimitTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Reading_past_the_limit_is_429_and_leaves_cancels_alone()
    {
        await using var ledger = await RunningLedger.StartAsync(
            database.ConnectionString, new Dictionary<string, string?> { ["Ledger:RateLimit:Requests"] = "3" });
        using var client = new HttpClient(new PublishedAnswers()) { BaseAddress = ledger.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ledger.ApiKey);
        var session = Guid.NewGuid();
        for (var i = 0; i < 3; i++)
        {
            (await client.GetAsync($"/v2/check-sessions/{session}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }

        var refused = await client.GetAsync($"/v2/check-sessions/{session}");
        var cancel = await client.PostAsync($"/v1/check-sessions/{session}/cancel", null);

        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter!.Delta!.Value.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        (await refused.Content.ReadAsStringAsync())
            .ShouldBe("""{"statusCode":429,"error":"Too Many Requests","message":"Too Many Requests"}""");
        cancel.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        cancel.Headers.GetValues("RateLimit-Policy").ShouldBe(["\"cancel\";q=3;w=60"]);
    }

    [Fact]
    public async Task Check_results_have_the_vendors_own_figures()
    {
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString);
        using var client = new HttpClient(new PublishedAnswers()) { BaseAddress = ledger.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ledger.ApiKey);
        string[] paths = [$"/v1/check-results/{Guid.NewGuid()}", $"/v2/check-results/{Guid.NewGuid()}"];
        for (var i = 0; i < 60; i++)
        {
            (await client.GetAsync(paths[i % 2])).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var refused = await client.GetAsync($"{paths[0]}/{Guid.NewGuid()}");
        var other = await client.GetAsync("/v1/check-statuses");

        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.GetValues("RateLimit-Policy").ShouldBe(["\"check-results\";q=60;w=60"]);
        other.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Analytics_have_the_vendors_own_figures()
    {
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString);
        using var client = new HttpClient(new PublishedAnswers()) { BaseAddress = ledger.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ledger.ApiKey);
        var checks = $$"""{"checkIds":["{{Guid.NewGuid()}}"]}""";
        for (var i = 0; i < 30; i++)
        {
            (await client.PostAsync("/v1/analytics/checks", new StringContent(checks))).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var refused = await client.GetAsync($"/v1/analytics/playwright-checks/{Guid.NewGuid()}?metrics=availability");
        var batch = await client.PostAsync("/v1/analytics/checks", new StringContent(checks));
        var reporting = await client.GetAsync("/v1/reporting");

        (refused.StatusCode, batch.StatusCode, reporting.StatusCode)
            .ShouldBe((HttpStatusCode.TooManyRequests, HttpStatusCode.TooManyRequests, HttpStatusCode.OK));
        refused.Headers.GetValues("RateLimit-Policy").ShouldBe(["\"analytics\";q=30;w=60"]);
    }
}
