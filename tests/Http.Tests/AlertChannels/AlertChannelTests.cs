using System.Net;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Ledger.Http.Tests.AlertChannels;

/// <summary>The channels that alerts are sent to (docs/webhooks.md).</summary>
public sealed class AlertChannelTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private RunningLedger ledger = null!;

    private HttpClient Client => ledger.Client;

    public async Task InitializeAsync() => ledger = await RunningLedger.StartAsync(database.ConnectionString);

    public Task DisposeAsync() => ledger.DisposeAsync().AsTask();

    [Fact]
    public async Task A_channel_is_registered_changed_listed_and_deleted()
    {
        var made = await PutAsync("ops", new { url = "https://hooks.example/x?y=z", events = (string[])["alert.failure", "alert.recovery"] });
        var checkId = Guid.NewGuid();
        var changed = await PutAsync(
            "ops", new { url = "https://hooks.example/y", events = (string[])["alert.degraded"], checkIds = (Guid[])[checkId] });
        var read = await Client.ReadAsync("/ledger/alert-channels/ops");

        made.Status.ShouldBe(HttpStatusCode.Created);
        made.Body.GetProperty("secret").GetString().ShouldStartWith("whsec_");
        made.Body.GetProperty("url").GetString().ShouldBe("https://hooks.example/x?y=z");
        changed.Status.ShouldBe(HttpStatusCode.OK);
        changed.Body.TryGetProperty("secret", out _).ShouldBeFalse();
        changed.Body.GetProperty("number").GetInt64().ShouldBe(made.Body.GetProperty("number").GetInt64());
        read.Body.GetRawText().ShouldBe(changed.Body.GetRawText());
        read.Body.GetProperty("checkIds")[0].GetGuid().ShouldBe(checkId);
        read.Body.GetProperty("enabled").GetBoolean().ShouldBeTrue();
        (await Client.ReadAsync("/ledger/alert-channels")).Body.GetProperty("entries")[0].GetRawText().ShouldBe(read.Body.GetRawText());
        (await Client.CallAsync(HttpMethod.Delete, "/ledger/alert-channels/ops")).Status.ShouldBe(HttpStatusCode.NoContent);
        (await Client.ReadAsync("/ledger/alert-channels/ops")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await Client.CallAsync(HttpMethod.Delete, "/ledger/alert-channels/ops")).Status.ShouldBe(HttpStatusCode.NotFound);

        var again = await PutAsync("ops", new { url = "https://hooks.example/x", events = (string[])["alert.failure"], secret = Secret });
        again.Status.ShouldBe(HttpStatusCode.Created);
        again.Body.TryGetProperty("secret", out _).ShouldBeFalse("who brought a secret knows it");
        again.Body.GetProperty("number").GetInt64().ShouldNotBe(made.Body.GetProperty("number").GetInt64());
    }

    [Fact]
    public async Task Of_those_who_register_one_channel_at_once_one_creates_it()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(nth => PutAsync(
            "raced", new { url = $"https://hooks.example/{nth}", events = (string[])["alert.failure"] })));

        answers.Count(answer => answer.Status is HttpStatusCode.Created).ShouldBe(1);
        answers.Count(answer => answer.Status is HttpStatusCode.OK).ShouldBe(3);
        answers.Select(answer => answer.Body.GetProperty("number").GetInt64()).Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_deleted_channel_keeps_no_secret()
    {
        await PutAsync("secretive", new { url = "https://hooks.example/", events = (string[])["alert.failure"], secret = Secret });
        await using var command = ledger.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
            "select sum(jsonb_array_length(secrets)) from ledger.alert_channels where id = 'secretive'");
        (await command.ExecuteScalarAsync()).ShouldBe(1L);

        await Client.CallAsync(HttpMethod.Delete, "/ledger/alert-channels/secretive");

        (await command.ExecuteScalarAsync()).ShouldBe(0L);
    }

    [Fact]
    public async Task A_uuid_is_a_name_in_either_case()
    {
        var id = Guid.NewGuid();
        await PutAsync(id.ToString().ToUpperInvariant(), new { url = "https://hooks.example/", events = (string[])["alert.failure"] });

        (await Client.ReadAsync($"/ledger/alert-channels/{id}")).Body.GetProperty("id").GetString().ShouldBe($"{id}");
    }

    [Theory]
    [InlineData("""{"events":["alert.failure"]}""")]
    [InlineData("""{"url":null,"events":["alert.failure"]}""")]
    [InlineData("""{"url":"hooks.example","events":["alert.failure"]}""")]
    [InlineData("""{"url":"ftp://hooks.example/","events":["alert.failure"]}""")]
    [InlineData("""{"url":"file:///etc/passwd","events":["alert.failure"]}""")]
    [InlineData("""{"url":"https://","events":["alert.failure"]}""")]
    [InlineData("""{"url":"https://user:password@hooks.example/","events":["alert.failure"]}""")]
    [InlineData("""{"url":"https://hooks.example/","events":[]}""")]
    [InlineData("""{"url":"https://hooks.example/","events":[null]}""")]
    [InlineData("""{"url":"https://hooks.example/","events":["alert.ssl"]}""")]
    [InlineData("""{"url":"https://hooks.example/","events":["alert.failure"],"secret":"too short"}""")]
    [InlineData("""{"url":"https://hooks.example/","events":["alert.failure"],"checkIds":[]}""")]
    [InlineData("""{"url":"https://hooks.example/","events":["alert.failure"],"checkIds":["x"]}""")]
    [InlineData("""{"url":"https://hooks.example/\u0000","events":["alert.failure"]}""")]
    [InlineData("""{"url":"https://hooks.example/","events":["alert.failure"],"name":"x"}""")]
    [InlineData("""[]""")]
    [InlineData("")]
    public async Task A_malformed_channel_is_refused(string body) =>
        (await PutAsync("malformed", new StringContent(body))).Status.ShouldBe(HttpStatusCode.BadRequest, body);

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f.1/")]
    [InlineData("http://localhost:5080/")]
    [InlineData("http://LOCALHOST./")]
    [InlineData("http://10.0.0.1/")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[::ffff:10.0.0.1]/")]
    [InlineData("http://[fd00::1]:8080/")]
    [InlineData("http://0.0.0.0/")]
    public async Task A_private_address_is_refused(string url) =>
        (await PutAsync("private", new { url, events = (string[])["alert.failure"] })).Status.ShouldBe(HttpStatusCode.BadRequest, url);

    [Theory]
    [InlineData("a%20b")]
    [InlineData("a%00")]
    [InlineData("%C3%A4")]
    public async Task What_is_no_name_is_refused(string id)
    {
        (await PutAsync(id, new { url = "https://hooks.example/", events = (string[])["alert.failure"] })).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await Client.ReadAsync($"/ledger/alert-channels/{id}/deliveries")).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=101")]
    [InlineData("state=sent")]
    [InlineData("cursor=x")]
    [InlineData("cursor=99999999999999999999")]
    public async Task A_malformed_query_is_refused(string query)
    {
        await PutAsync("queried", new { url = "https://hooks.example/", events = (string[])["alert.failure"] });

        (await Client.ReadAsync($"/ledger/alert-channels/queried/deliveries?{query}")).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Other_accounts_and_other_scopes_reach_no_channel()
    {
        await PutAsync("mine", new { url = "https://hooks.example/", events = (string[])["alert.failure"] });
        var reader = await KeyAsync("read");
        using var readOnly = ledger.ClientWith(reader);
        await using var second = await RunningLedger.StartAsync(database.ConnectionString);

        (await readOnly.ReadAsync("/ledger/alert-channels/mine")).Status.ShouldBe(HttpStatusCode.OK);
        (await readOnly.CallAsync(HttpMethod.Delete, "/ledger/alert-channels/mine")).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await readOnly.PostBodyAsync("/ledger/alert-channels/mine/rotate-secret", null)).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await second.Client.ReadAsync("/ledger/alert-channels/mine")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await second.Client.ReadAsync("/ledger/alert-channels/mine/deliveries")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await second.Client.PostBodyAsync("/ledger/alert-channels/mine/test", null)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await second.Client.PostBodyAsync("/ledger/alert-channels/mine/rotate-secret", null)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await second.Client.PostBodyAsync("/ledger/alert-channels/mine/enable", null)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    private Task<Answer> PutAsync(string id, object body) => Client.CallAsync(HttpMethod.Put, $"/ledger/alert-channels/{id}", body);

    private async Task<string> KeyAsync(string scope)
    {
        var made = await Client.PostBodyAsync("/ledger/keys", new { name = scope, scopes = (string[])[scope] });
        return made.Body.GetProperty("apiKey").GetString()!;
    }
}
