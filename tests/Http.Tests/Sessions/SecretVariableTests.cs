using System.Net;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;

namespace Ledger.Http.Tests.Sessions;

/// <summary>Secret variables reach the runner and nobody else.</summary>
public sealed class SecretVariableTests(LedgerOfClass of) : IClassFixture<LedgerOfClass>
{
    private const string Secret = "correct horse battery staple";

    private readonly HttpClient client = of.Ledger.Client;

    [Fact]
    public async Task Readers_see_that_a_secret_was_set_and_the_runner_sees_what_it_is()
    {
        var location = $"place-{Guid.NewGuid():N}";
        var sessionId = await TriggerAsync(location);

        var events = await client.ReadAsync($"/ledger/sessions/{sessionId}/events");
        events.Body.GetRawText().ShouldNotContain(Secret);
        var environment = events.Body[0].GetProperty("data").GetProperty("runs")[0].GetProperty("spec").GetProperty("environment");
        environment.GetProperty("PASSWORD").GetString().ShouldBe("***");
        environment.GetProperty("TOKEN").GetString().ShouldBe("***");
        environment.GetProperty("BASE_URL").GetString().ShouldBe("https://shop.example");

        var claimed = (await new TestRunner(client, location).ClaimAsync(location)).ShouldHaveSingleItem();
        claimed.GetProperty("spec").GetProperty("environment").GetProperty("PASSWORD").GetString().ShouldBe(Secret);
    }

    [Fact]
    public async Task The_live_stream_masks_them_too()
    {
        var sessionId = await TriggerAsync($"place-{Guid.NewGuid():N}");

        await using var live = await OpenStream.OpenAsync(client, $"/ledger/sessions/{sessionId}/live");

        var first = await live.NextAsync();
        first.Data.GetRawText().ShouldContain("***");
        first.Data.GetRawText().ShouldNotContain(Secret);
    }

    [Fact]
    public async Task A_registered_check_may_name_secrets_of_its_own()
    {
        var made = await client.TriggerAsync(new
        {
            kind = "check",
            name = "Checkout",
            runs = new[]
            {
                new
                {
                    checkType = "PLAYWRIGHT",
                    name = "checkout",
                    location = "here",
                    spec = new
                    {
                        command = new[] { "true" },
                        environment = new Dictionary<string, string> { ["PASSWORD"] = Secret },
                        secretVariables = new[] { "PASSWORD" },
                        request = new { environmentVariables = new[] { new { key = "PASSWORD", value = Secret } } },
                    },
                },
            },
        });

        var events = await client.ReadAsync($"/ledger/sessions/{made.SessionId}/events");

        events.Body.GetRawText().ShouldNotContain(Secret);
        events.Body[0].GetProperty("data").GetProperty("runs")[0].GetProperty("spec").GetProperty("command")[0].GetString().ShouldBe("true");
    }

    private async Task<Guid> TriggerAsync(string location)
    {
        var checkId = Guid.NewGuid();
        var registered = await client.CallAsync(HttpMethod.Put, $"/ledger/checks/{checkId}", new
        {
            name = "Checkout suite",
            checkType = "PLAYWRIGHT",
            tags = Array.Empty<string>(),
            locations = new[] { location },
        });
        registered.Status.ShouldBe(HttpStatusCode.Created, registered.Body.ToString());
        var triggered = await client.PostBodyAsync("/v1/test-sessions/trigger", new
        {
            name = "Smoke",
            runLocation = location,
            target = new { checkId = new[] { checkId } },
            environmentVariables = new object[]
            {
                new { key = "BASE_URL", value = "https://shop.example" },
                new { key = "PASSWORD", value = Secret, secret = true },
                new { key = "TOKEN", value = Secret, locked = true },
            },
        });
        triggered.Status.ShouldBe(HttpStatusCode.Created, triggered.Body.ToString());
        return triggered.Body.GetProperty("testSessionId").GetGuid();
    }
}
