using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Ledger.Http.Access;
using Ledger.Http.Tests.Hosting;
using Ledger.Sessions;
using Ledger.Streams;
using Ledger.Support;
using Microsoft.Extensions.DependencyInjection;
using SimulatedRunner = Ledger.Http.Tests.Dialects.Checkly.SimulatedRunner;

namespace Ledger.Http.Tests.Dialects.Stably;

/// <summary>A ledger for one test class, spoken to in Stably's dialect. Each test has a project of its own, so that no test sees another's.</summary>
public sealed class StablyLedger : IAsyncLifetime
{
    private readonly TestDatabase database = new();

    internal RunningLedger Running { get; private set; } = null!;

    internal SimulatedRunner Runner { get; private set; } = null!;

    internal HttpClient Client => Running.Client;

    public async Task InitializeAsync()
    {
        Running = await RunningLedger.StartAsync(database.ConnectionString);
        Runner = new SimulatedRunner(Running.Services.GetRequiredService<SessionWriter>(), Running.AccountId);
    }

    public async Task DisposeAsync()
    {
        await Running.DisposeAsync();
        database.Dispose();
    }

    /// <summary>A name that no other test uses.</summary>
    internal static string NewProject() => $"prj_{Guid.NewGuid():N}";

    /// <summary>Sends a body as it stands, under this content type or none.</summary>
    internal Task<Answer> PostAsync(
        string path, string? body = null, string? contentType = "application/json", params (string Name, string Value)[] headers)
    {
        var content = body is null ? null : new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        if (content is not null && contentType is not null)
        {
            content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        }

        return Client.PostBodyAsync(path, content, headers);
    }

    /// <summary>Registers a check that the project's runs execute, and gives its id.</summary>
    internal async Task<Guid> RegisterAsync(string name, object spec, params string[] tags)
    {
        var id = Guid.NewGuid();
        var answer = await Client.CallAsync(
            HttpMethod.Put, $"/ledger/checks/{id}", new { name, checkType = "PLAYWRIGHT", tags, locations = new[] { name }, spec });
        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Body.ToString());
        return id;
    }

    /// <summary>Creates a run and gives its id.</summary>
    internal async Task<Guid> CreateAsync(string project, string? body = null)
    {
        var answer = await PostAsync($"/v1/projects/{project}/runs", body);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body.ToString());
        return answer.Body.GetProperty("runId").GetGuid();
    }

    /// <summary>Creates a run that a runner has begun to execute.</summary>
    internal async Task<Guid> StartAsync(string project, string? body = null)
    {
        var run = await CreateAsync(project, body);
        await Runner.StartAsync(run, await SequenceOfAsync(run));
        return run;
    }

    /// <summary>Creates a run that came to its end with these tests.</summary>
    internal async Task<Guid> FinishAsync(string project, object[]? tests = null, bool failed = false, string? body = null)
    {
        var run = await StartAsync(project, body);
        await FinishAsync(run, tests, failed);
        return run;
    }

    /// <summary>Reports the result of a run.</summary>
    internal async Task FinishAsync(Guid run, object[]? tests = null, bool failed = false, bool cancelled = false) => await Runner.ReportAsync(
        run,
        await SequenceOfAsync(run),
        ResultType.Final,
        hasFailures: failed,
        isCancelled: cancelled,
        details: tests is null ? null : JsonSerializer.SerializeToElement(new { testCases = tests }));

    internal Task<Answer> CancelAsync(string project, object runId) =>
        PostAsync($"/v1/projects/{project}/runs/cancel", $$$"""{"where":{"runId":"{{{runId}}}"}}""");

    internal Task<Answer> ReadAsync(string project, object runId) => Client.ReadAsync($"/v1/projects/{project}/runs/{runId}");

    internal Task<Answer> ViewAsync(object runId) => Client.ReadAsync($"/internal/v1/cli/runs/{runId}?detail=full");

    internal Task<Answer> ListAsync(string project, string query = "") =>
        Client.ReadAsync($"/internal/v1/cli/runs?projectId={project}{query}");

    /// <summary>The ids of a list.</summary>
    internal async Task<IReadOnlyList<Guid>> ListedAsync(string project, string query = "")
    {
        var answer = await ListAsync(project, query);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body.ToString());
        return [.. answer.Body.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("runId").GetGuid())];
    }

    /// <summary>Where a run stands.</summary>
    internal async Task<string> StatusAsync(string project, Guid run) => (await ReadAsync(project, run)).Body.GetProperty("status").GetString()!;

    /// <summary>The sequence id of a session's one run.</summary>
    internal async Task<Guid> SequenceOfAsync(Guid run) => (await Runner.ReadAsync(run)).Runs[0].SequenceId;

    /// <summary>The types of a session's events, in order.</summary>
    internal Task<IReadOnlyList<string>> EventsOfAsync(Guid run) => Client.EventTypesAsync(run);

    /// <summary>A client of this account with these scopes.</summary>
    internal Task<HttpClient> ClientWithAsync(params string[] scopes) => ClientWithAsync(Running.AccountId, scopes);

    /// <summary>A client of another account, with all that this dialect needs.</summary>
    internal Task<HttpClient> ClientOfAnotherAccountAsync() => ClientWithAsync(Guid.NewGuid(), "command", "read");

    private async Task<HttpClient> ClientWithAsync(Guid account, params string[] scopes)
    {
        var key = new ApiKey(Guid.NewGuid(), account, "test", null, null, [.. scopes.Select(Scopes.Parse)], DateTimeOffset.UtcNow, null);
        return Running.ClientWith(await Running.Services.GetRequiredService<ApiKeys>().AddAsync(key, null, CancellationToken.None));
    }
}
