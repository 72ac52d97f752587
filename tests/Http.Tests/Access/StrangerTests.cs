using System.Net;
using Ledger.Http.Tests.Dialects.Checkly.Live;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;

namespace Ledger.Http.Tests.Access;

/// <summary>What callers cost whose key nobody knows.</summary>
public sealed class StrangerTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly Dictionary<string, string?> Few = new(StringComparer.Ordinal)
    {
        ["Ledger:RateLimit:Classes:unknown:Requests"] = "5",
        ["Ledger:RateLimit:Classes:unknown:Seconds"] = "3600",
    };

    [Fact]
    public async Task Past_the_limit_unknown_keys_are_turned_away_and_keys_in_use_are_not()
    {
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString, Few);
        (await ledger.Client.ReadAsync("/ledger/checks")).Status.ShouldBe(HttpStatusCode.OK);
        for (var nth = 0; nth < 5; nth++)
        {
            (await AskAsync(ledger, $"guess-{nth}-{Guid.NewGuid():N}")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }

        using var refused = await AskAsync(ledger, $"guess-{Guid.NewGuid():N}");
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(1, 3600);
        await using (var mqtt = await MqttTestClient.OpenAsync(ledger.Address))
        {
            (await mqtt.HelloAsync(ledger.AccountId.ToString(), $"guess-{Guid.NewGuid():N}")).ShouldBe(3);
        }

        (await ledger.Client.PostBodyAsync($"/v1/groups/webhook/{Guid.NewGuid()}/secret", new { })).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        await Eventually.Become(async () => (await ledger.Client.ReadAsync("/ledger/keys")).Status == HttpStatusCode.OK);
        (await ledger.Client.ReadAsync("/ledger/checks")).Status.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task<HttpResponseMessage> AskAsync(RunningLedger ledger, string key)
    {
        using var stranger = ledger.ClientWith(key);
        return await stranger.GetAsync("/ledger/checks");
    }
}
