using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Ledger.Http.Tests.Dialects.Checkly;
using Ledger.Http.Tests.Dialects.Published;
using Ledger.Http.Tests.Dialects.TesterArmy.Published;
using Ledger.Http.Tests.Hosting;
using Ledger.Sessions;
using Ledger.Streams;
using Ledger.Support;
using Microsoft.Extensions.DependencyInjection;
using Answer = Ledger.Http.Tests.Dialects.Checkly.Answer;

namespace Ledger.Http.Tests.Dialects.TesterArmy;

/// <summary>A ledger for one test class, spoken to in TesterArmy's dialect, every answer held to the published description.</summary>
public class TesterArmyLedger : IAsyncLifetime
{
    private readonly TestDatabase database = new();
    private readonly VendorAnswers answers = new(TesterArmyDescription.Instance);
    private HttpClient client = null!;

    internal string ConnectionString => database.ConnectionString;

    internal RunningLedger Running { get; private set; } = null!;

    internal SimulatedRunner Runner { get; private set; } = null!;

    /// <summary>Every answer that was held to the published description.</summary>
    internal IReadOnlyCollection<(string Method, string Path, int Status)> Checked => answers.Checked;

    /// <summary>Settings beside the usual ones.</summary>
    protected virtual IReadOnlyDictionary<string, string?> Settings { get; } = new Dictionary<string, string?>();

    /// <summary>A clock to move; the real one when null.</summary>
    protected virtual TimeProvider? Clock => null;

    public async Task InitializeAsync()
    {
        Running = await RunningLedger.StartAsync(Reach(database.ConnectionString), Settings, Clock);
        Runner = new SimulatedRunner(Running.Services.GetRequiredService<SessionWriter>(), Running.AccountId);
        client = new HttpClient(answers) { BaseAddress = Running.Address };
    }

    public virtual async Task DisposeAsync()
    {
        client.Dispose();
        await Running.DisposeAsync();
        database.Dispose();
    }

    /// <summary>How the ledger reaches its database.</summary>
    protected virtual string Reach(string connectionString) => connectionString;

    internal Task<Answer> GetAsync(string path, string? key = null) => SendAsync(HttpMethod.Get, path, key: key);

    internal Task<Answer> PostAsync(string path, string? body = null, string? key = null) =>
        SendAsync(HttpMethod.Post, path, body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"), key);

    /// <summary>Sends a request with the account's key, another one, or none when it is empty.</summary>
    internal async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? content = null, string? key = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (key != "")
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key ?? Running.ApiKey);
        }

        var response = await client.SendAsync(request);
        return new Answer(response, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Registers a check and gives its id.</summary>
    internal async Task<Guid> RegisterAsync(string name = "Sign up", bool activated = true, object? spec = null)
    {
        var id = Guid.NewGuid();
        var answer = await Running.Client.CallAsync(HttpMethod.Put, $"/ledger/checks/{id}", new
        {
            name,
            checkType = "PLAYWRIGHT",
            tags = Array.Empty<string>(),
            locations = new[] { "eu-central-1" },
            activated,
            spec = spec ?? new { command = new[] { "npx", "playwright", "test" } },
        });
        ((int)answer.Status).ShouldBeInRange(200, 201);
        return id;
    }

    /// <summary>Registers a group of checks and gives its id.</summary>
    internal async Task<Guid> GroupAsync(params IReadOnlyList<Guid> checkIds)
    {
        var id = Guid.NewGuid();
        (await Running.Client.CallAsync(HttpMethod.Put, $"/ledger/groups/{id}", new { name = "Smoke", checkIds })).Status
            .ShouldBe(HttpStatusCode.Created);
        return id;
    }

    /// <summary>Makes a webhook of a group and gives its path.</summary>
    internal async Task<string> WebhookAsync(Guid groupId)
    {
        var made = await Running.Client.PostBodyAsync($"/ledger/groups/{groupId}/webhooks", new { name = "deploys" });
        made.Status.ShouldBe(HttpStatusCode.Created);
        return new Uri(made.Body.GetProperty("url").GetString()!).AbsolutePath;
    }

    /// <summary>Triggers a run of some test and gives its id.</summary>
    internal async Task<Guid> TriggerAsync(Guid? testId = null, string? body = null)
    {
        var queued = await PostAsync($"/v1/tests/{testId ?? Guid.NewGuid()}/runs", body);
        queued.Status.ShouldBe(HttpStatusCode.Accepted, queued.Body);
        return queued.Json.Id("runId");
    }

    /// <summary>Triggers a batch of unregistered tests and gives its id with its runs.</summary>
    internal async Task<(Guid BatchId, IReadOnlyList<Guid> RunIds)> TriggerBatchAsync(int tests)
    {
        var group = await GroupAsync([.. Enumerable.Range(0, tests).Select(_ => Guid.NewGuid())]);
        var queued = await PostAsync($"/v1/groups/{group}/runs");
        queued.Status.ShouldBe(HttpStatusCode.Accepted, queued.Body);
        return (queued.Json.Id("batchId"), queued.Json.Ids("runIds"));
    }

    /// <summary>The one run of a session.</summary>
    internal async Task<Guid> SequenceOfAsync(Guid runId) => (await Runner.ReadAsync(runId)).Runs.Single().SequenceId;

    /// <summary>Has a runner claim and start a run; gives its sequence id.</summary>
    internal async Task<Guid> StartAsync(Guid runId)
    {
        var sequence = await SequenceOfAsync(runId);
        await Runner.StartAsync(runId, sequence);
        return sequence;
    }

    /// <summary>Has a runner start a run and report on it.</summary>
    internal async Task FinishAsync(Guid runId, bool hasFailures = false, bool hasErrors = false, object? details = null) =>
        await Runner.ReportAsync(
            runId,
            await StartAsync(runId),
            ResultType.Final,
            hasFailures,
            responseTime: 1_234,
            details: details is null ? null : JsonSerializer.SerializeToElement(details),
            hasErrors: hasErrors);

    /// <summary>A run as this dialect shows it.</summary>
    internal async Task<JsonElement> RunAsync(Guid runId)
    {
        var answer = await GetAsync($"/v1/runs/{runId}");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return answer.Json;
    }

    /// <summary>The types of a run's events, in order.</summary>
    internal Task<IReadOnlyList<string>> EventsOfAsync(Guid runId) => Running.Client.EventTypesAsync(runId);

    /// <summary>A key of this account with these scopes, held by a person if one is named.</summary>
    internal async Task<string> KeyAsync(string? owner, params IReadOnlyList<Scope> scopes) =>
        await Running.Services.GetRequiredService<ApiKeys>().AddAsync(
            new ApiKey(Guid.NewGuid(), Running.AccountId, "test", owner, null, scopes, DateTimeOffset.UtcNow, null),
            null,
            CancellationToken.None);
}

/// <summary>A ledger that cancels running runs too.</summary>
public sealed class CancelRunningLedger : TesterArmyLedger
{
    protected override IReadOnlyDictionary<string, string?> Settings { get; } =
        new Dictionary<string, string?> { ["Ledger:TesterArmy:CancelRunning"] = "true" };
}

internal static class TesterArmyAnswers
{
    /// <summary>Expects the error envelope with this code (docs/dialects/testerarmy.md#errors).</summary>
    public static void ShouldBeError(this Answer answer, HttpStatusCode status, string code)
    {
        answer.Status.ShouldBe(status, answer.Body);
        answer.Json.EnumerateObject().Select(member => member.Name).ShouldBe(["error", "message"]);
        answer["error"].GetString().ShouldBe(code);
        answer["message"].GetString().ShouldNotBeNullOrWhiteSpace();
    }
}
