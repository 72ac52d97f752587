using System.Net;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;

namespace Ledger.Http.Tests.Dialects.Stably;

/// <summary>429 in this dialect's envelope, and cancels in a class of their own (docs/dialects/common.md#rate-limits).</summary>
public sealed class RateLimitTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Past_the_limit_every_route_is_429_and_reading_leaves_cancels_alone()
    {
        await using var ledger = await RunningLedger.StartAsync(
            database.ConnectionString, new Dictionary<string, string?> { ["Ledger:RateLimit:Requests"] = "2" });
        var run = (await ledger.Client.PostBodyAsync("/v1/projects/p/runs", null)).Body.GetProperty("runId").GetGuid();
        await ledger.Client.ReadAsync($"/v1/projects/p/runs/{run}");

        (await ledger.Client.ReadAsync($"/v1/projects/p/runs/{run}")).ShouldBeError(HttpStatusCode.TooManyRequests, "Too Many Requests");
        (await CancelAsync()).Status.ShouldBe(HttpStatusCode.OK);
        (await CancelAsync()).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await CancelAsync()).ShouldBeError(HttpStatusCode.TooManyRequests, "Too Many Requests");

        Task<Answer> CancelAsync() => ledger.Client.PostBodyAsync("/v1/projects/p/runs/cancel", new { where = new { runId = run } });
    }
}
