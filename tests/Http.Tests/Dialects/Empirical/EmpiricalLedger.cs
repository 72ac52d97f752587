using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Ledger.Http.Access;
using Ledger.Http.Tests.Hosting;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Streams;
using Ledger.Support;
using Microsoft.Extensions.DependencyInjection;
using SimulatedRunner = Ledger.Http.Tests.Dialects.Checkly.SimulatedRunner;

namespace Ledger.Http.Tests.Dialects.Empirical;

/// <summary>
/// A ledger for one test class, spoken to in Empirical's dialect. Each test has a project of its own, so that none sees another's.
/// </summary>
public sealed class EmpiricalLedger : IAsyncLifetime
{
    private readonly TestDatabase database = new();
    private int projects;

    /// <summary>Its database, for a second host.</summary>
    internal string ConnectionString => database.ConnectionString;

    internal RunningLedger Running { get; private set; } = null!;

    internal SimulatedRunner Runner { get; private set; } = null!;

    internal SessionWriter Sessions => Running.Services.GetRequiredService<SessionWriter>();

    public async Task InitializeAsync()
    {
        Running = await RunningLedger.StartAsync(database.ConnectionString);
        Runner = new SimulatedRunner(Sessions, Running.AccountId);
    }

    public async Task DisposeAsync()
    {
        await Running.DisposeAsync();
        database.Dispose();
    }

    /// <summary>A client of a project that no other test has.</summary>
    internal EmpiricalClient NewProject() => ClientOf(Interlocked.Increment(ref projects));

    /// <summary>A client of a project by its integer; of the default project when null.</summary>
    internal EmpiricalClient ClientOf(int? project, string? key = null, RunningLedger? of = null) =>
        new(of ?? Running, key ?? Running.ApiKey, project);

    /// <summary>A key of the account.</summary>
    internal async Task<string> KeyAsync(string? project = null, string? owner = null, string scopes = "command read", Guid? account = null)
    {
        var key = new ApiKey(
            Guid.NewGuid(),
            account ?? Running.AccountId,
            "test",
            owner,
            project,
            [.. scopes.Split(' ').Select(Scopes.Parse)],
            DateTimeOffset.UtcNow,
            null);
        return await Running.Services.GetRequiredService<ApiKeys>().AddAsync(key, null, CancellationToken.None);
    }

    /// <summary>The session behind a test run.</summary>
    internal async Task<Session> SessionAsync(long testRun) =>
        (await Sessions.FindByNumberAsync(Running.AccountId, testRun, CancellationToken.None))!.Session;

    /// <summary>Brings a test run to a state of the domain, as a runner and the deadlines do.</summary>
    internal async Task BringToAsync(long testRun, RunState state, JsonElement? details = null)
    {
        var session = await SessionAsync(testRun);
        var run = session.Runs[0].SequenceId;
        if (state is RunState.Claimed)
        {
            await Runner.ClaimAsync(session.Id, run);
        }
        else if (state is not RunState.Queued)
        {
            await Runner.StartAsync(session.Id, run);
        }

        if (state is RunState.Cancelling or RunState.Cancelled)
        {
            await Running.Client.PostBodyAsync($"/ledger/sessions/{session.Id}/cancel", null);
        }

        await (state switch
        {
            RunState.Passed => Runner.ReportAsync(session.Id, run, ResultType.Final, details: details),
            RunState.Failed => Runner.ReportAsync(session.Id, run, ResultType.Final, hasFailures: true, details: details),
            RunState.Degraded => Runner.ReportAsync(session.Id, run, ResultType.Final, isDegraded: true, details: details),
            RunState.Cancelled => Runner.AbortAsync(session.Id, run),
            RunState.TimedOut => Sessions.ExecuteAsync(
                new StreamId(Running.AccountId, session.Id),
                (running, now) => Decision<Session>.Accept(running, new RunTimedOut(run, running.FactsOf(running.FindRun(run)!), 60, now)),
                EventContext.None),
            RunState.Lost => Runner.LoseAsync(session.Id, run),
            _ => Task.CompletedTask,
        });
    }
}

/// <summary>One key and one project.</summary>
internal sealed class EmpiricalClient(RunningLedger ledger, string key, int? project)
{
    /// <summary>The project's integer.</summary>
    public int Project => project ?? 0;

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<Answer> PutAsync(string body) => SendAsync(HttpMethod.Put, "/api/test-runs", body);

    public Task<Answer> CancelAsync(object testRun, string? body = null) =>
        SendAsync(HttpMethod.Post, $"/api/test-runs/{testRun}/cancel", body);

    /// <summary>Triggers a test run and gives its id.</summary>
    public async Task<long> TriggerAsync(string body = """{"environment": "staging"}""")
    {
        var answer = await PutAsync(body);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body.ToString());
        return answer.Body.GetProperty("data").GetProperty("test_run").GetProperty("id").GetInt64();
    }

    /// <summary>The <c>testRun</c> of a read.</summary>
    public async Task<JsonElement> ReadAsync(long testRun)
    {
        var answer = await GetAsync($"/api/test-runs/{testRun}");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body.ToString());
        return answer.Body.GetProperty("data").GetProperty("test_run").GetProperty("testRun");
    }

    /// <summary>The state of a test run, as a client polls it.</summary>
    public async Task<string> StateAsync(long testRun) =>
        (await GetAsync($"/api/test-runs/{testRun}/status")).Body.GetProperty("data").GetProperty("state").GetString()!;

    /// <summary>Sends a request whose body, if there is one, says nothing about its type.</summary>
    public async Task<Answer> SendAsync(HttpMethod method, string path, string? body = null)
    {
        using var client = ledger.ClientWith(key);
        if (project is { } number)
        {
            client.DefaultRequestHeaders.Add("x-project-id", number.ToString(CultureInfo.InvariantCulture));
        }

        return await client.CallAsync(method, path, body is null ? null : new ByteArrayContent(Encoding.UTF8.GetBytes(body)));
    }
}

/// <summary>What answers must look like; errors come in two envelopes (docs/dialects/empirical.md#errors).</summary>
internal static class Envelopes
{
    /// <summary>Expects <c>{data: null, error: {message}}</c> and gives the message.</summary>
    public static string ShouldBeError(this Answer answer, HttpStatusCode status)
    {
        answer.Status.ShouldBe(status, answer.Body.ToString());
        answer.MediaType.ShouldBe("application/json");
        answer.Body.EnumerateObject().Select(member => member.Name).ShouldBe(["data", "error"]);
        answer.Body.GetProperty("data").ValueKind.ShouldBe(JsonValueKind.Null);
        answer.Body.GetProperty("error").EnumerateObject().Select(member => member.Name).ShouldBe(["message"]);
        return answer.Body.GetProperty("error").GetProperty("message").GetString()!;
    }

    /// <summary>Expects this JSON, member by member in this order.</summary>
    public static void ShouldBeJson(this JsonElement json, string expected) =>
        JsonSerializer.Serialize(json).ShouldBe(JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>(expected)));

    /// <summary>Expects <c>{message}</c> alone.</summary>
    public static void ShouldBeMessage(this Answer answer, HttpStatusCode status, string message)
    {
        answer.Status.ShouldBe(status, answer.Body.ToString());
        answer.MediaType.ShouldBe("application/json");
        answer.Body.ToString().ShouldBe(JsonSerializer.Serialize(new { message }));
    }
}
