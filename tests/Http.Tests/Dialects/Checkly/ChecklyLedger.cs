using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Ledger.Http.Access;
using Ledger.Http.Tests.Dialects.Checkly.Published;
using Ledger.Http.Tests.Hosting;
using Ledger.Secrets;
using Ledger.Store;
using Ledger.Streams;
using Ledger.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>
/// A ledger for one test class, spoken to in Checkly's dialect, every answer held to the published description. Each test registers checks
/// of its own and names them, so that no test sees another's.
/// </summary>
public sealed class ChecklyLedger : IAsyncLifetime
{
    private readonly TestDatabase database = new();
    private readonly PublishedAnswers answers = new();
    private HttpClient client = null!;

    /// <summary>Its database, for a second host.</summary>
    internal string ConnectionString => database.ConnectionString;

    internal RunningLedger Running { get; private set; } = null!;

    internal SimulatedRunner Runner { get; private set; } = null!;

    internal Guid AccountId => Running.AccountId;

    /// <summary>Every answer that was held to the published description.</summary>
    internal IReadOnlyCollection<(string Method, string Path, int Status)> Checked => answers.Checked;

    public async Task InitializeAsync()
    {
        Running = await RunningLedger.StartAsync(
            database.ConnectionString,
            new Dictionary<string, string?>
            {
                ["Ledger:RateLimit:Classes:check-results:Requests"] = "1000000",
                ["Ledger:RateLimit:Classes:alert-notifications:Requests"] = "1000000",
                ["Ledger:Webhooks:AllowPrivateAddresses"] = "true",
            });
        Runner = new SimulatedRunner(Running.Services.GetRequiredService<SessionWriter>(), AccountId);
        client = new HttpClient(answers) { BaseAddress = Running.Address };
    }

    public async Task DisposeAsync()
    {
        client.Dispose();
        await Running.DisposeAsync();
        database.Dispose();
    }

    /// <summary>What the first run of a session executes, its secrets in the clear, as its runner gets it.</summary>
    internal async Task<JsonElement> SpecOfAsync(Guid sessionId) => Running.Services.GetRequiredService<SpecSecrets>()
        .Open(AccountId, (await Runner.ReadAsync(sessionId)).Runs[0].Plan.Spec)!.Value;

    internal Task<Answer> GetAsync(string path, string? key = null) => SendAsync(HttpMethod.Get, path, key: key);

    internal Task<Answer> PostAsync(string path, string? body = null, string? key = null, string contentType = "application/json") =>
        SendAsync(
            HttpMethod.Post,
            path,
            body is null ? null : new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(contentType)),
            key);

    /// <summary>Sends a request with the account's key, another one, or none when it is empty.</summary>
    internal async Task<Answer> SendAsync(
        HttpMethod method, string path, HttpContent? content = null, string? key = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (key != "")
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key ?? Running.ApiKey);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        var response = await client.SendAsync(request);
        return new Answer(response, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Registers a check and gives its id.</summary>
    internal async Task<Guid> RegisterAsync(
        string checkType = "PLAYWRIGHT",
        string[]? tags = null,
        string[]? locations = null,
        bool activated = true,
        long? maxResponseTime = null,
        object? spec = null)
    {
        var id = Guid.NewGuid();
        var check = new
        {
            name = $"Check {id:N}",
            checkType,
            tags = tags ?? [],
            locations = locations ?? ["eu-central-1"],
            activated,
            maxResponseTime,
            spec,
        };
        var answer = await SendAsync(
            HttpMethod.Put, $"/ledger/checks/{id}", new StringContent(JsonSerializer.Serialize(check), Encoding.UTF8, "application/json"));
        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Body);
        return id;
    }

    /// <summary>Triggers one check as a check session and gives the session's id.</summary>
    internal async Task<Guid> TriggerCheckAsync(Guid checkId)
    {
        var answer = await PostAsync("/v2/check-sessions/trigger", $$$"""{"target":{"checkId":["{{{checkId}}}"]}}""");
        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Body);
        return answer.Json.Id("sessions/0/checkSessionId");
    }

    /// <summary>Registers a check with these locations, and triggers it.</summary>
    internal async Task<Guid> TriggerNewCheckAsync(params string[] locations) =>
        await TriggerCheckAsync(await RegisterAsync(locations: locations));

    /// <summary>Registers a check with these locations, triggers it, and has a runner begin each of its runs.</summary>
    internal async Task<(Guid Check, Guid Session, Guid[] Runs)> StartNewCheckAsync(params string[] locations)
    {
        var check = await RegisterAsync(locations: locations);
        var session = await TriggerCheckAsync(check);
        var runs = await SequencesOfAsync(session);
        await Runner.StartAllAsync(session);
        return (check, session, runs);
    }

    /// <summary>Triggers a test session of these checks.</summary>
    internal async Task<Answer> TriggerTestAsync(params Guid[] checkIds)
    {
        var ids = string.Join(',', checkIds.Select(id => $"\"{id}\""));
        var answer = await PostAsync(
            "/v1/test-sessions/trigger", $$$"""{"name":"Smoke","runLocation":"eu-central-1","target":{"checkId":[{{{ids}}}]}}""");
        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Body);
        return answer;
    }

    /// <summary>The sequence ids of a session, in the order of its runs.</summary>
    internal async Task<Guid[]> SequencesOfAsync(Guid sessionId) =>
        [.. (await Runner.ReadAsync(sessionId)).Runs.Select(run => run.SequenceId)];

    /// <summary>The types of a session's events, in order.</summary>
    internal async Task<string[]> EventsOfAsync(Guid sessionId)
    {
        var events = await Running.Services.GetRequiredService<EventLog>()
            .ReadStreamAsync(new StreamId(AccountId, sessionId), 0, CancellationToken.None);
        return [.. events.Select(recorded => recorded.Data.GetType().Name)];
    }

    /// <summary>A key of this account with these scopes.</summary>
    internal Task<string> KeyWithAsync(params string[] scopes) => KeyWithAsync(AccountId, null, scopes);

    /// <summary>A key of this account that a person holds.</summary>
    internal Task<string> KeyOfPersonAsync(string name) => KeyWithAsync(AccountId, name, "command", "read");

    /// <summary>A key of this account that is bound to a project.</summary>
    internal Task<string> KeyOfProjectAsync(string project) => AddKeyAsync(AccountId, null, project, "command", "read");

    /// <summary>A key of another account, with all that this dialect needs.</summary>
    internal Task<string> KeyOfAnotherAccountAsync() => KeyWithAsync(Guid.NewGuid(), null, "command", "read");

    private Task<string> KeyWithAsync(Guid accountId, string? owner, params string[] scopes) => AddKeyAsync(accountId, owner, null, scopes);

    private async Task<string> AddKeyAsync(Guid accountId, string? owner, string? project, params string[] scopes)
    {
        var key = new ApiKey(
            Guid.NewGuid(), accountId, "test", owner, project, [.. scopes.Select(Scopes.Parse)], DateTimeOffset.UtcNow, null);
        return await Running.Services.GetRequiredService<ApiKeys>().AddAsync(key, null, CancellationToken.None);
    }
}
