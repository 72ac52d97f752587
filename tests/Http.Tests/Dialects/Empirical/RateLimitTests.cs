using System.Net;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;

namespace Ledger.Http.Tests.Dialects.Empirical;

/// <summary>The limits of a dialect whose vendor documents none (docs/dialects/common.md#rate-limits).</summary>
public sealed class RateLimitTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Past_the_limit_is_429_in_the_envelope_and_polling_leaves_cancels_alone()
    {
        await using var ledger = await RunningLedger.StartAsync(
            database.ConnectionString,
            new Dictionary<string, string?>
            {
                ["Ledger:RateLimit:Requests"] = "3",
                ["Ledger:RateLimit:Classes:cancel:Requests"] = "2",
            });
        for (var n = 0; n < 3; n++)
        {
            (await ledger.Client.ReadAsync("/api/test-runs/999/status")).ShouldBeError(HttpStatusCode.NotFound);
        }

        (await ledger.Client.ReadAsync("/api/test-runs/999/status")).ShouldBeError(HttpStatusCode.TooManyRequests);
        (await ledger.Client.PostBodyAsync("/api/test-runs/999/cancel", null)).ShouldBeError(HttpStatusCode.NotFound);
        (await ledger.Client.PostBodyAsync("/api/test-runs/999/cancel", null)).ShouldBeError(HttpStatusCode.NotFound);
        using var refused = await ledger.Client.PostAsync("/api/test-runs/999/cancel", null);

        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter!.Delta!.Value.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        (await refused.Content.ReadAsStringAsync()).ShouldBe("""{"data":null,"error":{"message":"Too Many Requests"}}""");
    }
}
