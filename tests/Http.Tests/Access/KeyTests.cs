using System.Net;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;

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

    [Fact]
    public async Task A_key_is_revoked_once()
    {
        var made = await MakeAsync(new { name = "gone", scopes = new[] { "read" } });
        var path = $"/ledger/keys/{made.Body.GetProperty("keyId").GetString()}";

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Admin.CallAsync(HttpMethod.Delete, path)));

        answers.Count(answer => answer.Status is HttpStatusCode.NoContent).ShouldBe(1);
        answers.Count(answer => answer.Status is HttpStatusCode.NotFound).ShouldBe(3);
    }

    [Fact]
    public async Task What_is_no_key_is_not_looked_for_again_within_a_second()
    {
        var (store, clock) = (host.Ledger.Services.GetRequiredService<IDocumentStore>(), new FakeClock());
        var keys = new ApiKeys(store, clock);
        (await keys.FindAsync("unheard-of", default)).ShouldBeNull();
        var key = new ApiKey(Guid.NewGuid(), host.Ledger.AccountId, "late", null, null, [Scope.Read], clock.GetUtcNow(), null);
        await new ApiKeys(store, clock).AddAsync(key, "unheard-of", default);

        (await keys.FindAsync("unheard-of", default)).ShouldBeNull();
        clock.Advance(ApiKeys.Trust);
        (await keys.FindAsync("unheard-of", default)).ShouldNotBeNull().Id.ShouldBe(key.Id);
    }

    [Fact]
    public async Task Nobody_gives_away_a_scope_that_they_do_not_have()
    {
        using var modest = await ClientOfAsync(new { name = "modest", scopes = new[] { "admin", "read" } });
        foreach (var more in new[] { "operator", "command", "runner" })
        {
            var refused = await modest.PostBodyAsync("/ledger/keys", new { name = "more", scopes = new[] { "read", more } });
            refused.Status.ShouldBe(HttpStatusCode.Forbidden);
            refused.Body.GetProperty("detail").GetString()!.ShouldContain(more);
        }

        (await modest.PostBodyAsync("/ledger/keys", new { name = "same", scopes = new[] { "admin", "read" } })).Status.ShouldBe(HttpStatusCode.Created);
        (await MakeAsync(new { name = "all", scopes = new[] { "command", "runner", "read", "admin", "operator" } })).Status
            .ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_key_that_is_bound_to_a_project_makes_sees_and_revokes_only_keys_of_that_project()
    {
        using var bound = await ClientOfAsync(new { name = "bound", project = "shop", scopes = new[] { "admin", "read" } });
        var wide = await MakeAsync(new { name = "wide", scopes = new[] { "read" } });
        var other = await MakeAsync(new { name = "other", project = "blog", scopes = new[] { "read" } });

        (await bound.PostBodyAsync("/ledger/keys", new { name = "x", project = "blog", scopes = new[] { "read" } })).Status
            .ShouldBe(HttpStatusCode.Forbidden);
        foreach (object body in new object[]
        {
            new { name = "named", project = "shop", scopes = new[] { "read" } }, new { name = "unnamed", scopes = new[] { "read" } },
        })
        {
            var made = await bound.PostBodyAsync("/ledger/keys", body);
            made.Status.ShouldBe(HttpStatusCode.Created);
            made.Body.GetProperty("key").GetProperty("project").GetString().ShouldBe("shop");
        }

        var listed = (await bound.ReadAsync("/ledger/keys")).Body.GetProperty("entries").EnumerateArray().ToList();
        listed.Select(key => key.GetProperty("project").GetString()).Distinct().ShouldBe(["shop"]);
        listed.Count.ShouldBe(3);
        foreach (var foreign in new[] { wide, other })
        {
            var path = $"/ledger/keys/{foreign.Body.GetProperty("keyId").GetString()}";
            (await bound.CallAsync(HttpMethod.Delete, path)).Status.ShouldBe(HttpStatusCode.NotFound);
        }
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

    private async Task<HttpClient> ClientOfAsync(object key) =>
        host.Ledger.ClientWith((await MakeAsync(key)).Body.GetProperty("apiKey").GetString());

    private async Task<Answer> MakeAsync(object body)
    {
        var made = await Admin.PostBodyAsync("/ledger/keys", body);
        made.Status.ShouldBe(HttpStatusCode.Created, made.Body.ToString());
        return made;
    }

    private async Task<HttpStatusCode> CallAsAccountAsync(string account) =>
        (await Admin.CallAsync(HttpMethod.Get, "/v1/test-sessions", null, ("x-checkly-account", account))).Status;
}
