using System.Net;
using System.Net.WebSockets;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;

namespace Ledger.Http.Tests.Dialects.Checkly.Live;

/// <summary>Who may listen, and to what.</summary>
public sealed class AccessTests(ChecklyLedger fixture) : IClassFixture<ChecklyLedger>
{
    private readonly RunningLedger ledger = fixture.Running;

    [Theory]
    [InlineData("/?authenticationScheme=userApiKey")]
    [InlineData("/")]
    [InlineData("/mqtt")]
    public async Task The_upgrade_needs_no_key_and_declines_compression(string path)
    {
        await using var client = await MqttTestClient.OpenAsync(ledger.Address, path);

        client.SubProtocol.ShouldBe("mqtt");
        (await client.HelloAsync(ledger.AccountId.ToString().ToUpperInvariant(), ledger.ApiKey)).ShouldBe(0);
    }

    [Fact]
    public async Task A_key_that_is_bound_to_a_project_is_told_of_that_project_alone()
    {
        var made = await ledger.Client.PostBodyAsync("/ledger/keys", new { name = "bound", project = "shop", scopes = new[] { "read" } });
        var suite = Guid.NewGuid();
        await using var bound = await ledger.ConnectAsync(made.Body.GetProperty("apiKey").GetString());
        (await bound.SubscribeAsync(ledger.FilterOf(suite))).ShouldBe([0x00]);
        await using var whole = await ledger.SubscribeAsync(suite);

        var outside = await ledger.ScheduleAsync(suite, "PLAYWRIGHT");
        await ledger.RunnerOf().StartAsync(outside.SessionId, outside.Run);
        (await whole.NextMessageAsync()).ShouldBe(ledger, suite, outside.Run, "run-start");
        var inside = await ledger.Client.TriggerAsync(new
        {
            kind = "test",
            name = "Suite",
            project = "shop",
            metadata = new { checkRunSuiteId = suite.ToString() },
            runs = new[] { new { checkType = "PLAYWRIGHT", name = "Checkout", location = "eu-central-1" } },
        });
        await ledger.RunnerOf().StartAsync(inside.SessionId, inside.Run);

        (await bound.NextMessageAsync()).ShouldBe(ledger, suite, inside.Run, "run-start");
    }

    [Fact]
    public async Task An_upgrade_without_the_subprotocol_is_refused()
    {
        var refused = await Should.ThrowAsync<WebSocketException>(() => MqttTestClient.OpenAsync(ledger.Address, protocol: "chat"));

        refused.Message.ShouldContain("400");
    }

    [Fact]
    public async Task A_request_that_is_no_upgrade_is_what_it_was()
    {
        (await fixture.GetAsync("/", key: "")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await fixture.GetAsync("/")).ShouldBeNotFound("Not Found");
        (await fixture.GetAsync("/mqtt")).ShouldBeNotFound("Not Found");
    }

    [Theory]
    [InlineData("read")]
    [InlineData("command")]
    public async Task A_key_that_reads_or_commands_is_let_in(string scope)
    {
        await using var client = await ledger.ConnectAsync(await fixture.KeyWithAsync(scope));

        (await client.SubscribeAsync(ledger.FilterOf(Guid.NewGuid()))).ShouldBe([0x00]);
    }

    [Fact]
    public async Task All_others_are_answered_5_and_closed()
    {
        var account = ledger.AccountId.ToString();
        (string? User, string? Password, string What)[] bad =
        [
            (account, "wrong", "a wrong key"), (account, "", "an empty key"), (account, null, "no key"), (null, null, "nothing at all"),
            ("me", ledger.ApiKey, "no account"), (Guid.NewGuid().ToString(), ledger.ApiKey, "another account"),
            (account, await fixture.KeyOfAnotherAccountAsync(), "another account's key"),
            (account, await fixture.KeyWithAsync("runner", "admin"), "a key without the scopes"),
            (account, new string('k', 5_000), "a long key"),
        ];
        foreach (var (user, password, what) in bad)
        {
            await using var client = await MqttTestClient.OpenAsync(ledger.Address);
            await client.SendAsync(Packets.Connect(user, password));
            (await client.HelloAnswerAsync()).ShouldBe(5, what);
            (await client.EndAsync()).ShouldBe(WebSocketCloseStatus.PolicyViolation, what);
        }
    }

    [Theory]
    [InlineData("account/{other}/ad-hoc-check-results/{suite}/+/+/+")]
    [InlineData("account/+/ad-hoc-check-results/{suite}/+/+/+")]
    [InlineData("account/{account}/ad-hoc-check-results/+/+/+/+")]
    [InlineData("account/{account}/ad-hoc-check-results/{suite}")]
    [InlineData("account/{account}/ad-hoc-check-results/{suite}/+/+")]
    [InlineData("account/{account}/ad-hoc-check-results/{suite}/+/+/+/+")]
    [InlineData("account/{account}/ad-hoc-check-results/{suite}/+/+/+/+/#")]
    [InlineData("account/{account}/ad-hoc-check-results/suite/+/+/+")]
    [InlineData("account/{account}/ad-hoc-check-results/#")]
    [InlineData("account/{account}/other/{suite}/+/+/+")]
    [InlineData("/account/{account}/ad-hoc-check-results/{suite}/+/+")]
    [InlineData("Account/{account}/ad-hoc-check-results/{suite}/+/+/+")]
    [InlineData("account/{account}/#")]
    [InlineData("+/+/+/+/+/+/+")]
    [InlineData("$SYS/#")]
    [InlineData("#")]
    public async Task Any_other_filter_is_refused(string filter)
    {
        await using var client = await ledger.ConnectAsync();

        var codes = await client.SubscribeAsync(filter
            .Replace("{account}", ledger.AccountId.ToString())
            .Replace("{other}", Guid.NewGuid().ToString())
            .Replace("{suite}", Guid.NewGuid().ToString()));

        codes.ShouldBe([0x80]);
        await client.PingAsync();
    }

    [Fact]
    public async Task A_uuid_may_be_written_in_upper_case()
    {
        var suite = Guid.NewGuid();
        await using var client = await ledger.ConnectAsync();
        (await client.SubscribeAsync(
            $"account/{ledger.AccountId.ToString().ToUpperInvariant()}/ad-hoc-check-results/{suite.ToString().ToUpperInvariant()}/+/+/+")).ShouldBe([0]);

        var session = await ledger.ScheduleAsync(suite, "PLAYWRIGHT");
        await ledger.CancelAsync(session);

        (await client.NextMessageAsync()).ShouldBe(ledger, suite, session.Run, "run-start");
        (await client.NextMessageAsync()).ShouldBe(ledger, suite, session.Run, "result");
    }
}

/// <summary>With settings and clocks of their own.</summary>
public sealed class ConnectionLimitTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task A_revoked_key_ends_the_connection()
    {
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString);
        var made = await ledger.Client.PostBodyAsync("/ledger/keys", new { name = "cli", scopes = new[] { "read" } });
        await using var client = await MqttTestClient.ConnectAsync(
            ledger.Address, ledger.AccountId.ToString(), made.Body.GetProperty("apiKey").GetString()!, keepAlive: 0);
        await using var other = await MqttTestClient.ConnectAsync(ledger.Address, ledger.AccountId.ToString(), ledger.ApiKey, keepAlive: 0);

        var revoking = ledger.Client.CallAsync(HttpMethod.Delete, $"/ledger/keys/{made.Body.GetProperty("keyId").GetString()}");
        var end = client.EndAsync();
        await revoking;

        (await end).ShouldBe(WebSocketCloseStatus.PolicyViolation);
        await other.PingAsync();
    }

    [Fact]
    public async Task Too_many_connections_are_answered_503_and_there_is_room_again_afterwards()
    {
        await using var ledger = await RunningLedger.StartAsync(
            database.ConnectionString, new Dictionary<string, string?> { ["Ledger:Mqtt:MaximumConnections"] = "2" });
        await using var first = await ledger.ConnectAsync();
        await using var second = await ledger.ConnectAsync();

        (await Should.ThrowAsync<WebSocketException>(() => ledger.ConnectAsync())).Message.ShouldContain("503");

        second.Abort();
        await Eventually.Become(async () =>
        {
            await using var third = await ledger.ConnectAsync();
            return true;
        });
        await first.PingAsync();
    }

    [Fact]
    public async Task A_stopping_host_closes_its_connections()
    {
        MqttTestClient client;
        Task<WebSocketCloseStatus?> end;
        await using (var ledger = await RunningLedger.StartAsync(database.ConnectionString))
        {
            client = await ledger.SubscribeAsync(Guid.NewGuid());
            end = client.EndAsync();
            await ledger.StopAsync().WaitAsync(TimeSpan.FromSeconds(15));
        }

        (await end).ShouldBe(WebSocketCloseStatus.EndpointUnavailable);
        await client.DisposeAsync();
    }
}
