using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Ledger.Http.Settings;
using Ledger.Http.Tests.Dialects.Checkly.Live;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;
using Ledger.Support;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Ledger.Http.Tests.Sessions;

/// <summary>Secrets reach the runner that holds the claim, and nobody and nothing else.</summary>
public sealed class SecretTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Variable = "correct horse battery staple";
    private const string Password = "hunter2-and-\"more\"";
    private const string Token = "tok_5f2b9c1d8e7a";
    private const string JobSecret = "job/secret+4711";

    // As it stands in JSON, in an address and in a header too.
    private static readonly string[] Forms =
    [
        Variable, Password, Password.Replace("\"", "\\\"", StringComparison.Ordinal), Password.Replace("\"", "\\u0022", StringComparison.Ordinal), Token, JobSecret,
        Uri.EscapeDataString(Variable), Convert.ToBase64String(Encoding.UTF8.GetBytes(JobSecret)), Convert.ToBase64String(Encoding.UTF8.GetBytes($"dana:{Password}")),
    ];

    private readonly Lines log = new();
    private RunningLedger? ledger;

    private HttpClient Client => ledger!.Client;

    public async Task InitializeAsync() => ledger = await RunningLedger.StartAsync(database.ConnectionString, log: log);

    public async Task DisposeAsync() => await ledger!.DisposeAsync();

    [Fact]
    public async Task No_secret_is_in_any_answer_row_message_or_line_of_the_log()
    {
        var location = $"place-{Guid.NewGuid():N}";
        var checkId = await RegisterAsync(location);
        var suite = Guid.NewGuid();
        await using var mqtt = await ledger!.SubscribeAsync(suite);
        var test = await TriggerTestAsync(checkId, location);
        var native = await Client.TriggerAsync(new
        {
            kind = "test",
            name = "Suite",
            metadata = new { checkRunSuiteId = suite.ToString() },
            runs = new[] { new { checkType = "PLAYWRIGHT", name = "Checkout", location, spec = Spec() } },
        });
        await using var live = await OpenStream.OpenAsync(Client, $"/ledger/sessions/{native.SessionId}/live");
        var runner = new TestRunner(Client, $"runner-{Guid.NewGuid():N}");
        var claimed = await runner.ClaimAsync(location, max: 10);

        claimed.Count.ShouldBe(2);
        foreach (var run in claimed)
        {
            run.GetRawText().ShouldContain(Variable);
            var (session, sequence) = (run.GetProperty("sessionId").GetGuid(), run.GetProperty("sequenceId").GetGuid());
            await runner.StartAsync(session, sequence);
            var details = new
            {
                log = $"{new string('.', 5_000)}\nPASSWORD={Variable}\n{Uri.EscapeDataString(Variable)} {JsonSerializer.Serialize(Password)} Bearer {Token} {JobSecret} {Convert.ToBase64String(Encoding.UTF8.GetBytes(JobSecret))} Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"dana:{Password}"))}",
                message = $"expected {Token}",
                testCases = new[] { new { name = "logs in", status = "failed", error = $"no field for {Variable}" } },
            };
            (await runner.TellAsync(session, sequence, "results", new { resultType = "FINAL", hasFailures = true, details })).Status.ShouldBe(HttpStatusCode.Created);
        }

        var events = (await Client.ReadAsync($"/ledger/sessions/{native.SessionId}/events")).Body;
        events[0].GetProperty("data").GetProperty("runs")[0].GetProperty("spec").GetProperty("environment").GetProperty("PASSWORD").GetString().ShouldBe("***");
        events.GetRawText().ShouldContain("PASSWORD=***");
        ShouldHoldNone(await mqtt.NextMessageAsync() is { Payload: var payload } ? payload.GetRawText() : "", "MQTT");
        for (var frame = 0; frame < events.GetArrayLength(); frame++)
        {
            ShouldHoldNone((await live.NextAsync()).Data.GetRawText(), "the live stream");
        }

        List<string> ids = [checkId.ToString(), .. await EveryRead.IdsAsync(Client, test), .. await EveryRead.IdsAsync(Client, native.SessionId)];
        foreach (var (path, answer) in await EveryRead.OfAsync(ledger!, ids))
        {
            ShouldHoldNone(answer, path);
        }

        foreach (var accepted in new[] { "text/csv", "application/x-ndjson" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/ledger/audit/cancels") { Headers = { Accept = { MediaTypeWithQualityHeaderValue.Parse(accepted) } } };
            using var export = await Client.SendAsync(request);
            ShouldHoldNone(await export.Content.ReadAsStringAsync(), accepted);
        }

        foreach (var (table, row) in await RowsAsync())
        {
            ShouldHoldNone(row, table);
        }

        log.All.Count.ShouldBeGreaterThan(10);
        ShouldHoldNone(string.Join('\n', log.All), "the log");
    }

    [Fact]
    public async Task What_was_read_can_be_sent_back_without_losing_a_secret()
    {
        var location = $"place-{Guid.NewGuid():N}";
        var checkId = await RegisterAsync(location);
        var read = (await Client.ReadAsync($"/ledger/checks/{checkId}")).Body;
        read.GetProperty("spec").TryGetProperty("$sealed", out _).ShouldBeFalse();

        (await PutAsync(checkId, location, read.GetProperty("spec"))).Status.ShouldBe(HttpStatusCode.OK);

        await TriggerTestAsync(checkId, location);
        var spec = (await new TestRunner(Client, $"runner-{Guid.NewGuid():N}").ClaimAsync(location)).ShouldHaveSingleItem().GetProperty("spec");
        spec.GetProperty("apiRequest").GetProperty("basicAuth").GetProperty("password").GetString().ShouldBe(Password);
        spec.GetProperty("apiRequest").GetProperty("headers")[0].GetProperty("value").GetString().ShouldBe($"Bearer {Token}");
        spec.GetProperty("apiRequest").GetProperty("headers")[1].GetProperty("value").GetString().ShouldBe("Bearer {{TOKEN}}");
        spec.GetProperty("environment").GetProperty("PASSWORD").GetString().ShouldBe(Variable);
        spec.GetProperty("environment").GetProperty("BASE_URL").GetString().ShouldBe("https://shop.example");
    }

    [Fact]
    public async Task A_check_that_was_kept_in_the_clear_still_runs_and_is_masked()
    {
        var location = $"place-{Guid.NewGuid():N}";
        var checkId = await RegisterAsync(location);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var command = source.CreateCommand("update ledger.mt_doc_check set data = jsonb_set(data, '{spec}', $2) where id = $1");
        command.Parameters.AddWithValue(checkId);
        command.Parameters.AddWithValue(NpgsqlTypes.NpgsqlDbType.Jsonb, JsonSerializer.Serialize(Spec()));
        (await command.ExecuteNonQueryAsync()).ShouldBe(1);

        (await Client.ReadAsync($"/ledger/checks/{checkId}")).Body.GetRawText().ShouldNotContain(Variable);
        await TriggerTestAsync(checkId, location);
        (await new TestRunner(Client, $"runner-{Guid.NewGuid():N}").ClaimAsync(location)).ShouldHaveSingleItem().GetRawText().ShouldContain(Token);

        // For the other test, which looks at every row.
        await PutAsync(checkId, location, JsonSerializer.SerializeToElement(Spec()));
    }

    [Fact]
    public async Task A_seal_of_ones_own_making_is_refused()
    {
        var spec = new Dictionary<string, object> { ["command"] = new[] { "true" }, ["$sealed"] = "x" };

        (await PutAsync(Guid.NewGuid(), "here", JsonSerializer.SerializeToElement(spec))).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await Client.PostBodyAsync("/ledger/sessions", new { kind = "run", name = "x", runs = new[] { new { checkType = "PLAYWRIGHT", name = "x", location = "x", spec } } }))
            .Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Another_host_opens_what_this_one_sealed_and_one_without_the_keys_says_why_it_cannot()
    {
        var location = $"place-{Guid.NewGuid():N}";
        var checkId = await RegisterAsync(location);
        await TriggerTestAsync(checkId, location);
        await TriggerTestAsync(checkId, location);
        await using (var other = await RunningLedger.StartAsync(database.ConnectionString, account: ledger!.AccountId))
        {
            (await new TestRunner(other.Client, "elsewhere").ClaimAsync(location)).ShouldHaveSingleItem().GetRawText().ShouldContain(Variable);
        }

        await using var bare = await RunningLedger.StartAsync(database.ConnectionString, account: ledger.AccountId, replace: services =>
            Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions.AddSingleton(
                services, new Ledger.Secrets.SecretCipher((_, text) => text, (_, _) => null)));
        var spec = (await new TestRunner(bare.Client, "keyless").ClaimAsync(location)).ShouldHaveSingleItem().GetProperty("spec");
        spec.GetProperty("unsupported").GetString()!.ShouldContain("cannot be decrypted");
    }

    [Fact]
    public void A_certificate_that_cannot_be_used_is_told_in_one_sentence() =>
        Should.Throw<SettingsException>(() => new SecretSettings { Certificate = "/nowhere/ring.pfx" }.Load()).Message
            .ShouldStartWith("Ledger:Secrets:Certificate '/nowhere/ring.pfx' cannot be read");

    private static Dictionary<string, object> Spec() => new()
    {
        ["command"] = new[] { "true" },
        ["environment"] = new Dictionary<string, string> { ["PASSWORD"] = Variable, ["BASE_URL"] = "https://shop.example" },
        ["secretVariables"] = new[] { "PASSWORD" },
        ["apiRequest"] = new
        {
            url = "https://shop.example",
            basicAuth = new { username = "dana", password = Password },
            headers = new[] { new { key = "Authorization", value = $"Bearer {Token}" }, new { key = "authorization", value = "Bearer {{TOKEN}}" } },
        },
        ["job"] = new { environmentVariables = new object[] { new { key = "OTHER", value = JobSecret, secret = true } } },
    };

    private static void ShouldHoldNone(string text, string where)
    {
        foreach (var form in Forms)
        {
            text.ShouldNotContain(form, Case.Sensitive, where);
        }
    }

    private async Task<Guid> RegisterAsync(string location)
    {
        var checkId = Guid.NewGuid();
        var registered = await PutAsync(checkId, location, JsonSerializer.SerializeToElement(Spec()));
        registered.Status.ShouldBe(HttpStatusCode.Created, registered.Body.ToString());
        ShouldHoldNone(registered.Body.GetRawText(), "the answer to the registration");
        return checkId;
    }

    private Task<Answer> PutAsync(Guid checkId, string location, JsonElement spec) => Client.CallAsync(
        HttpMethod.Put,
        $"/ledger/checks/{checkId}",
        new { name = "Checkout suite", checkType = "PLAYWRIGHT", tags = Array.Empty<string>(), locations = new[] { location }, spec });

    private async Task<Guid> TriggerTestAsync(Guid checkId, string location)
    {
        var triggered = await Client.PostBodyAsync("/v1/test-sessions/trigger", new
        {
            name = "Smoke",
            runLocation = location,
            target = new { checkId = new[] { checkId } },
            environmentVariables = new object[]
            {
                new { key = "BASE_URL", value = "https://shop.example" },
                new { key = "TOKEN", value = Token, secret = true },
                new { key = "LOCKED", value = Variable, locked = true },
            },
        });
        triggered.Status.ShouldBe(HttpStatusCode.Created, triggered.Body.ToString());
        return triggered.Body.GetProperty("testSessionId").GetGuid();
    }

    /// <summary>Every row of every table, as text.</summary>
    private async Task<IReadOnlyList<(string Table, string Row)>> RowsAsync()
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        var tables = await ReadAsync("select format('%I.%I', schemaname, tablename), '' from pg_tables where schemaname in ('ledger', 'wolverine')");
        tables.ShouldContain(table => table.Item1 == "ledger.mt_events");
        var rows = new List<(string, string)>();
        foreach (var (table, _) in tables)
        {
            rows.AddRange(await ReadAsync($"select '{table}', t::text from {table} t"));
        }

        return rows;

        async Task<IReadOnlyList<(string, string)>> ReadAsync(string sql)
        {
            await using var command = source.CreateCommand(sql);
            await using var reader = await command.ExecuteReaderAsync();
            var found = new List<(string, string)>();
            while (await reader.ReadAsync())
            {
                found.Add((reader.GetString(0), reader.GetString(1)));
            }

            return found;
        }
    }

    /// <summary>Everything that was logged, at every level.</summary>
    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> All { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
            // Nothing to give back.
        }
    }
}
