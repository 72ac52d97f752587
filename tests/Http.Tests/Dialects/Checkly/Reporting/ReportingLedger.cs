using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Ledger.Http.Tests.Dialects.Checkly.Published;
using Ledger.Http.Tests.Hosting;
using Ledger.Sessions;
using Ledger.Streams;
using Ledger.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Http.Tests.Dialects.Checkly.Reporting;

/// <summary>A ledger whose clock the tests set, so that runs are settled at any moment; every answer is held to the published description.</summary>
public sealed class ReportingLedger : IAsyncLifetime
{
    private readonly TestDatabase database = new();
    private readonly PublishedAnswers answers = new();
    private readonly FakeClock clock = new();
    private RunningLedger running = null!;
    private SimulatedRunner runner = null!;
    private HttpClient client = null!;

    internal IReadOnlyCollection<(string Method, string Path, int Status)> Checked => answers.Checked;

    public async Task InitializeAsync()
    {
        running = await RunningLedger.StartAsync(
            database.ConnectionString,
            new Dictionary<string, string?> { ["Ledger:RateLimit:Classes:analytics:Requests"] = "1000000" },
            clock);
        runner = new SimulatedRunner(running.Services.GetRequiredService<SessionWriter>(), running.AccountId);
        client = new HttpClient(answers) { BaseAddress = running.Address };
    }

    public async Task DisposeAsync()
    {
        client.Dispose();
        await running.DisposeAsync();
        database.Dispose();
    }

    internal static DateTimeOffset Utc(string text) => new(DateTime.Parse(text), TimeSpan.Zero);

    internal void SetTime(DateTimeOffset now) => clock.UtcNow = now;

    internal async Task<Answer> SendAsync(HttpMethod method, string path, string? body = null, string? key = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        if (key != "")
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key ?? running.ApiKey);
        }

        var response = await client.SendAsync(request);
        return new Answer(response, await response.Content.ReadAsStringAsync());
    }

    internal Task<Answer> GetAsync(string path, string? key = null) => SendAsync(HttpMethod.Get, path, key: key);

    internal async Task<string> KeyWithAsync(params string[] scopes)
    {
        var made = await SendAsync(HttpMethod.Post, "/ledger/keys", JsonSerializer.Serialize(new { name = "test", scopes }));
        return made["apiKey"].GetString()!;
    }

    /// <summary>A key of another account.</summary>
    internal async Task<string> KeyOfAnotherAccountAsync()
    {
        var key = new ApiKey(Guid.NewGuid(), Guid.NewGuid(), "test", null, null, [Scope.Read], DateTimeOffset.UtcNow, null);
        return await running.Services.GetRequiredService<ApiKeys>().AddAsync(key, null, CancellationToken.None);
    }

    internal async Task<Guid> RegisterAsync(string checkType = "PLAYWRIGHT", string[]? tags = null, bool activated = true)
    {
        var id = Guid.NewGuid();
        var check = new { name = $"Check {id:N}", checkType, tags = tags ?? [], locations = new[] { "eu-central-1" }, activated };
        (await SendAsync(HttpMethod.Put, $"/ledger/checks/{id}", JsonSerializer.Serialize(check))).Status.ShouldBe(HttpStatusCode.Created);
        return id;
    }

    /// <summary>Has a run of a check settled at a moment.</summary>
    internal async Task SettleAsync(
        Guid check,
        DateTimeOffset at,
        long? responseTime = 1_000,
        bool hasFailures = false,
        bool isDegraded = false,
        string location = "eu-central-1",
        string kind = "check",
        int failedTries = 0)
    {
        var (session, run) = await TriggerAsync(check, at, location, kind);
        await runner.StartAsync(session, run);
        for (var i = 0; i < failedTries; i++)
        {
            await runner.AttemptAsync(session, run);
        }

        await runner.ReportAsync(session, run, ResultType.Final, hasFailures, isDegraded, responseTime: responseTime);
    }

    /// <summary>Has a run of a check cancelled at a moment.</summary>
    internal async Task CancelAsync(Guid check, DateTimeOffset at, string cause = "user")
    {
        var (session, _) = await TriggerAsync(check, at, "eu-central-1", "check");
        (await SendAsync(HttpMethod.Post, $"/ledger/sessions/{session}/cancel", JsonSerializer.Serialize(new { cause })))
            .Status.ShouldBe(HttpStatusCode.Accepted);
    }

    /// <summary>Has a run of a check lost at a moment, as soon as it has begun: it took no time.</summary>
    internal async Task LoseAsync(Guid check, DateTimeOffset at)
    {
        var (session, run) = await TriggerAsync(check, at, "eu-central-1", "check");
        await runner.ClaimAsync(session, run);
        await runner.LoseAsync(session, run);
    }

    private async Task<(Guid Session, Guid Run)> TriggerAsync(Guid check, DateTimeOffset at, string location, string kind)
    {
        SetTime(at);
        var made = await SendAsync(HttpMethod.Post, "/ledger/sessions", JsonSerializer.Serialize(new
        {
            kind,
            name = "Checkout",
            runs = new[] { new { checkId = check, checkType = "PLAYWRIGHT", name = "Checkout", location } },
        }));
        made.Status.ShouldBe(HttpStatusCode.Created, made.Body);
        return (made.Json.Id("sessionId"), made.Json.Id("runs/0/sequenceId"));
    }
}
