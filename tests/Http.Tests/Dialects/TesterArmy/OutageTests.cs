using System.Net;
using Ledger.Http.Tests.Dialects.Checkly;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;
using Npgsql;

namespace Ledger.Http.Tests.Dialects.TesterArmy;

/// <summary>
/// A database that is away or does not answer is this interface's documented time limit, 504 (docs/dialects/testerarmy.md#errors); other
/// interfaces say 503 (docs/dialects/common.md#answers).
/// </summary>
public sealed class OutageTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_database_that_is_away_or_stalled_is_504_with_the_envelope_and_serves_again_afterwards(bool isStalled)
    {
        await using var wire = new Wire(database.ConnectionString);
        var patience = new NpgsqlConnectionStringBuilder(wire.ConnectionString) { CommandTimeout = 3, Timeout = 3, CancellationTimeout = -1 };
        var clock = new FakeClock();
        await using var ledger = await RunningLedger.StartAsync(patience.ConnectionString, clock: clock);
        var test = Guid.NewGuid();
        var run = (await ledger.Client.PostBodyAsync($"/v1/tests/{test}/runs", null)).Body.Id("runId");
        if (isStalled)
        {
            wire.Deafen();
        }
        else
        {
            wire.Refuse();
            wire.Cut();
        }

        // What was known of the key is good for this moment, so that it is the run which cannot be read.
        await ShouldTimeOutAsync(ledger.Client, HttpMethod.Get, $"/v1/runs/{run}");

        // The key has to be looked up again, which is not tried for long.
        clock.Advance(ApiKeys.Trust);
        foreach (var mount in (string[])["/v1", "/api/v1"])
        {
            await ShouldTimeOutAsync(ledger.Client, HttpMethod.Get, $"{mount}/runs/{run}");
            await ShouldTimeOutAsync(ledger.Client, HttpMethod.Get, $"{mount}/runs?testId={test}");
            await ShouldTimeOutAsync(ledger.Client, HttpMethod.Post, $"{mount}/runs/{run}/cancel");
        }

        wire.Restore();
        (await Eventually.Become(
            () => ledger.Client.ReadAsync($"/v1/runs/{run}"), answer => answer.Status is HttpStatusCode.OK)).Body.Text("status").ShouldBe("queued");
    }

    private static async Task ShouldTimeOutAsync(HttpClient client, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        using var answer = await client.SendAsync(request);

        answer.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout, path);
        answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        (await answer.Content.ReadAsStringAsync()).ShouldStartWith("""{"error":"InternalServerError","message":"The database cannot be reached""");
    }
}
