using System.Net;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Access;

/// <summary>What is about all projects of an account at once is not for a key that is bound to one.</summary>
public sealed class WholeAccountTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    [Theory]
    [InlineData("GET", "/ledger/incidents")]
    [InlineData("GET", "/ledger/checks/0198c2a5-7c3f-7f7e-9c77-000000000001/status")]
    [InlineData("GET", "/ledger/reports/checks")]
    [InlineData("GET", "/ledger/reports/cancellations")]
    [InlineData("GET", "/ledger/alert-channels")]
    [InlineData("GET", "/ledger/alert-channels/ops")]
    [InlineData("GET", "/ledger/alert-channels/ops/deliveries")]
    [InlineData("PUT", "/ledger/alert-channels/ops", """{"url": "https://example.org/", "events": ["alert.failure"]}""")]
    [InlineData("DELETE", "/ledger/alert-channels/ops")]
    [InlineData("POST", "/ledger/alert-channels/ops/enable")]
    [InlineData("POST", "/ledger/alert-channels/ops/rotate-secret")]
    [InlineData("POST", "/ledger/alert-channels/ops/test")]
    [InlineData("POST", "/ledger/archive", """{"before": "2020-01-01T00:00:00Z"}""")]
    public async Task A_key_that_is_bound_to_a_project_is_refused(string method, string path, string? body = null)
    {
        var made = await fixture.Ledger.Client.PostBodyAsync(
            "/ledger/keys", new { name = "bound", project = "shop", scopes = new[] { "read", "admin" } });
        using var bound = fixture.Ledger.ClientWith(made.Body.GetProperty("apiKey").GetString());

        var answer = await bound.CallAsync(new HttpMethod(method), path, body is null ? null : new StringContent(body));

        answer.Status.ShouldBe(HttpStatusCode.Forbidden);
        answer.Body.GetProperty("detail").GetString()!.ShouldContain("whole account");
    }
}
