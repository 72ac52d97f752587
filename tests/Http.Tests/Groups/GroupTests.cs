using System.Net;
using Ledger.Http.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Ledger.Http.Tests.Groups;

public sealed class GroupTests(LedgerOfClass host) : IClassFixture<LedgerOfClass>
{
    private HttpClient Client => host.Ledger.Client;

    [Fact]
    public async Task A_group_is_created_then_changed_and_read_back()
    {
        var path = $"/ledger/groups/{Guid.NewGuid()}";
        var (a, b) = (Guid.NewGuid(), Guid.NewGuid());

        var created = await Client.CallAsync(HttpMethod.Put, path, new { name = "Smoke", checkIds = new[] { b, a, b } });
        var changed = await Client.CallAsync(HttpMethod.Put, path, new { name = "Smoke 2", checkIds = new[] { a } });

        created.Status.ShouldBe(HttpStatusCode.Created);
        created.Body.GetProperty("checkIds").EnumerateArray().Select(id => id.GetGuid()).ShouldBe([b, a]);
        changed.Status.ShouldBe(HttpStatusCode.OK);
        var read = (await Client.ReadAsync(path)).Body;
        read.GetProperty("name").GetString().ShouldBe("Smoke 2");
        read.GetProperty("createdAt").GetString().ShouldBe(created.Body.GetProperty("createdAt").GetString());
        (await Client.ReadAsync("/ledger/groups")).Body.GetProperty("entries").EnumerateArray()
            .ShouldContain(group => group.GetProperty("id").GetGuid() == read.GetProperty("id").GetGuid());
    }

    [Fact]
    public async Task A_group_of_another_account_is_unknown()
    {
        await using var other = await RunningLedger.StartAsync(host.ConnectionString);
        var path = await GroupAsync();

        (await other.Client.ReadAsync(path)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await other.Client.PostBodyAsync($"{path}/webhooks", null)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await other.Client.ReadAsync("/ledger/groups")).Body.GetProperty("entries").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData("""{"name": "x", "checkIds": []}""")]
    [InlineData("""{"name": "", "checkIds": ["6b7c8d9e-0000-4000-8000-000000000001"]}""")]
    [InlineData("""{"name": "x", "checkIds": ["x"]}""")]
    [InlineData("""{"name": "x", "checkIds": null}""")]
    [InlineData("""{"name": "x"}""")]
    [InlineData("""{"name": "x", "checkIds": ["6b7c8d9e-0000-4000-8000-000000000001"], "novel": 1}""")]
    [InlineData("[]")]
    public async Task A_group_that_makes_no_sense_is_refused_and_not_kept(string body)
    {
        var path = $"/ledger/groups/{Guid.NewGuid()}";

        (await Client.CallAsync(HttpMethod.Put, path, new StringContent(body))).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await Client.ReadAsync(path)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_group_has_at_most_a_thousand_checks()
    {
        var ids = Enumerable.Range(0, 1_001).Select(_ => Guid.NewGuid()).ToList();
        var path = $"/ledger/groups/{Guid.NewGuid()}";

        (await Client.CallAsync(HttpMethod.Put, path, new { name = "x", checkIds = ids })).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await Client.CallAsync(HttpMethod.Put, path, new { name = "x", checkIds = ids.Take(1_000) })).Status.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_webhooks_secret_is_shown_once_and_kept_as_a_hash()
    {
        var path = await GroupAsync();

        var made = await Client.PostBodyAsync($"{path}/webhooks", null);
        var listed = (await Client.ReadAsync($"{path}/webhooks")).Body;

        made.Status.ShouldBe(HttpStatusCode.Created);
        var (id, secret) = (made.Body.GetProperty("webhookId").GetGuid(), made.Body.GetProperty("secret").GetString()!);
        secret.Length.ShouldBeGreaterThanOrEqualTo(32);
        made.Body.GetProperty("url").GetString()
            .ShouldBe(new Uri(host.Ledger.Address, $"/v1/groups/webhook/{id}/{secret}").ToString());
        listed.GetProperty("entries").EnumerateArray().ShouldHaveSingleItem().GetProperty("webhookId").GetGuid().ShouldBe(id);
        listed.GetRawText().ShouldNotContain(secret);
        await using var command = host.Ledger.Services.GetRequiredService<NpgsqlDataSource>()
            .CreateCommand("select w::text from ledger.mt_doc_groupwebhook w");
        ((string)(await command.ExecuteScalarAsync())!).ShouldNotContain(secret);
    }

    [Fact]
    public async Task A_webhook_is_deleted_once()
    {
        var path = await GroupAsync();
        var webhook = (await Client.PostBodyAsync($"{path}/webhooks", new { name = "deploys" })).Body.GetProperty("webhookId").GetGuid();
        var elsewhere = await GroupAsync();

        (await Client.CallAsync(HttpMethod.Delete, $"{elsewhere}/webhooks/{webhook}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await Client.CallAsync(HttpMethod.Delete, $"{path}/webhooks/{webhook}")).Status.ShouldBe(HttpStatusCode.NoContent);
        (await Client.CallAsync(HttpMethod.Delete, $"{path}/webhooks/{webhook}")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Webhooks_need_the_scope_admin()
    {
        var path = await GroupAsync();
        var key = await host.Ledger.Services.GetRequiredService<ApiKeys>().AddAsync(
            new ApiKey(
                Guid.NewGuid(), host.Ledger.AccountId, "ci", null, null, [Scope.Command, Scope.Read], DateTimeOffset.UtcNow, null),
            null,
            CancellationToken.None);
        using var ci = host.Ledger.ClientWith(key);

        (await ci.PostBodyAsync($"{path}/webhooks", null)).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await ci.ReadAsync($"{path}/webhooks")).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await ci.CallAsync(HttpMethod.Delete, $"{path}/webhooks/{Guid.NewGuid()}")).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await ci.ReadAsync(path)).Status.ShouldBe(HttpStatusCode.OK);
    }

    private async Task<string> GroupAsync()
    {
        var path = $"/ledger/groups/{Guid.NewGuid()}";
        (await Client.CallAsync(HttpMethod.Put, path, new { name = "Smoke", checkIds = new[] { Guid.NewGuid() } })).Status
            .ShouldBe(HttpStatusCode.Created);
        return path;
    }
}
