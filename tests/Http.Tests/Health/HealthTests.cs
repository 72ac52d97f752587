using System.Net;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;

namespace Ledger.Http.Tests.Health;

public sealed class HealthTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Health_answers_without_a_key_and_nothing_else_does()
    {
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString);
        using var stranger = ledger.ClientWith(null);

        (await stranger.GetAsync("/health/live")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await stranger.GetAsync("/health/ready")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await stranger.GetAsync("/openapi/v1.json")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await stranger.GetAsync("/ledger/checks")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await stranger.GetAsync("/nowhere")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }
}
