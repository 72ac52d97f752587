using System.Net;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Access;

public sealed class KeyTests(LedgerOfClass host) : IClassFixture<LedgerOfClass>
{
    private HttpClient Admin => host.Ledger.Client;

    [Fact]
    public async Task A_key_shows_its_secret_once_and_opens_what_its_scopes_allow()
    {
        var made = await MakeAsync(new { name = "reader", scopes = new[] { "read" }, owner = "Dana" });
        var secret = made.Body.GetProperty("apiKey").GetString()!;
        using var reader = host.Ledger.ClientWith(secret);

        (await reader.ReadAsync("/ledger/checks")).Status.ShouldBe(HttpStatusCode.OK);
        (await reader.PostBodyAsync("/ledger/keys", new { name = "x", scopes = new[] { "admin" } })).Status.ShouldBe(HttpStatusCode.Forbidden);
        var listed = (await Admin.ReadAsync("/ledger/keys")).Body;
        listed.ToString().ShouldNotContain(secret);
        listed.GetProperty("entries").EnumerateArray()
            .ShouldContain(key => key.GetProperty("keyId").GetGuid() == made.Body.GetProperty("keyId").GetGuid());
    }

    [Fact]
    public async Task A_revoked_key_opens_nothing_from_the_answer_on_on_every_host()
    {
        await using var other = await RunningLedger.StartAsync(host.ConnectionString, account: host.Ledger.AccountId);
        var made = await MakeAsync(new { name = "gone", scopes = new[] { "read" } });
        var secret = made.Body.GetProperty("apiKey").GetString()!;
        using var here = host.Ledger.ClientWith(secret);
        using var there = other.ClientWith(secret);
        (await here.ReadAsync("/ledger/checks")).Status.ShouldBe(HttpStatusCode.OK);
        (await there.ReadAsync("/ledger/checks")).Status.ShouldBe(HttpStatusCode.OK);

        var revoked = await Admin.CallAsync(HttpMethod.Delete, $"/ledger/keys/{made.Body.GetProperty("keyId").GetString()}");

        revoked.Status.ShouldBe(HttpStatusCode.NoContent);
        (await here.ReadAsync("/ledger/checks")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await there.ReadAsync("/ledger/checks")).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_key_of_another_account_cannot_be_revoked_and_the_account_header_must_be_the_keys_own()
    {
        await using var other = await RunningLedger.StartAsync(host.ConnectionString);
        var foreign = (await other.Client.ReadAsync("/ledger/keys")).Body.GetProperty("entries")[0].GetProperty("keyId").GetString();

        (await Admin.CallAsync(HttpMethod.Delete, $"/ledger/keys/{foreign}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await CallAsAccountAsync(other.AccountId.ToString())).ShouldBe(HttpStatusCode.Forbidden);
        (await CallAsAccountAsync("nonsense")).ShouldBe(HttpStatusCode.BadRequest);
        (await CallAsAccountAsync(host.Ledger.AccountId.ToString().ToUpperInvariant())).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("""{"name": "", "scopes": ["read"]}""")]
    [InlineData("""{"name": "x", "scopes": []}""")]
    [InlineData("""{"name": "x", "scopes": ["read", "read"]}""")]
    [InlineData("""{"name": "x", "scopes": ["everything"]}""")]
    [InlineData("""{"name": "x", "scopes": [0]}""")]
    [InlineData("""{"name": "x", "scopes": ["read"], "expiresAt": "2020-01-01T00:00:00Z"}""")]
    [InlineData("""{"name": "x", "scopes": ["read"], "surprise": 1}""")]
    [InlineData("""{"scopes": ["read"]}""")]
    [InlineData("")]
    public async Task A_key_that_makes_no_sense_is_refused(string body) =>
        (await Admin.PostBodyAsync("/ledger/keys", new StringContent(body))).Status.ShouldBe(HttpStatusCode.BadRequest);

    private async Task<Answer> MakeAsync(object body)
    {
        var made = await Admin.PostBodyAsync("/ledger/keys", body);
        made.Status.ShouldBe(HttpStatusCode.Created, made.Body.ToString());
        return made;
    }

    private async Task<HttpStatusCode> CallAsAccountAsync(string account) =>
        (await Admin.CallAsync(HttpMethod.Get, "/v1/test-sessions", null, ("x-checkly-account", account))).Status;
}
