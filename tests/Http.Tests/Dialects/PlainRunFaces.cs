using System.Globalization;
using System.Net;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Dialects;

/// <summary>A plain run by all the names that it has.</summary>
internal sealed record PlainRun(Guid SessionId, long Number, Guid SequenceId, bool InProject);

/// <summary>One dialect's way to make, cancel and read a plain run, and its words for where the run stands.</summary>
internal abstract class PlainRunFace(HttpClient client)
{
    protected const string Project = "7";

    public abstract string Name { get; }

    /// <summary>The word for a run whose stop is under way.</summary>
    public abstract string BeingStopped { get; }

    /// <summary>The word for a run that was cancelled.</summary>
    public abstract string Cancelled { get; }

    /// <summary>The answer to a cancel of an open run.</summary>
    public abstract HttpStatusCode Accepted { get; }

    /// <summary>The answer to a cancel of a settled run.</summary>
    public abstract HttpStatusCode TooLate { get; }

    protected HttpClient Client => client;

    /// <summary>Makes a run and finds out its session's id.</summary>
    public abstract Task<Guid> MakeAsync();

    public abstract Task<HttpStatusCode> CancelAsync(PlainRun run);

    public abstract Task<string> StatusAsync(PlainRun run);

    protected async Task<Answer> SuccessAsync(Task<Answer> call)
    {
        var answer = await call;
        ((int)answer.Status).ShouldBeInRange(200, 299, $"{Name}: {answer.Body}");
        return answer;
    }
}

internal sealed class NativeFace(HttpClient client) : PlainRunFace(client)
{
    public override string Name => "native";

    public override string BeingStopped => "cancelling";

    public override string Cancelled => "cancelled";

    public override HttpStatusCode Accepted => HttpStatusCode.Accepted;

    public override HttpStatusCode TooLate => HttpStatusCode.Conflict;

    public override async Task<Guid> MakeAsync() => (await Client.TriggerAsync(new
    {
        kind = "run",
        name = "Smoke",
        project = Project,
        runs = new[] { new { checkType = "PLAYWRIGHT", name = "smoke", location = "default" } },
    })).SessionId;

    public override async Task<HttpStatusCode> CancelAsync(PlainRun run) =>
        (await Client.PostBodyAsync($"/ledger/sessions/{run.SessionId}/cancel", null)).Status;

    public override async Task<string> StatusAsync(PlainRun run) =>
        (await Client.SessionAsync(run.SessionId)).GetProperty("runs")[0].GetProperty("state").GetString()!;
}

internal sealed class EmpiricalFace(HttpClient client) : PlainRunFace(client)
{
    public override string Name => "empirical";

    public override string BeingStopped => "cancelling";

    public override string Cancelled => "cancelled";

    public override HttpStatusCode Accepted => HttpStatusCode.OK;

    public override HttpStatusCode TooLate => HttpStatusCode.PreconditionFailed;

    public override async Task<Guid> MakeAsync()
    {
        var made = await SuccessAsync(Client.CallAsync(
            HttpMethod.Put, "/api/test-runs", new { environment = "staging", branch = "main" }, ("x-project-id", Project)));
        var number = made.Body.GetProperty("data").GetProperty("test_run").GetProperty("id").GetInt64();
        var entries = (await Client.ReadAsync("/ledger/sessions?kind=run&limit=5")).Body.GetProperty("entries").EnumerateArray();
        return entries.Single(entry => entry.GetProperty("number").GetInt64() == number).GetProperty("sessionId").GetGuid();
    }

    public override async Task<HttpStatusCode> CancelAsync(PlainRun run) => (await Client.CallAsync(
        HttpMethod.Post, $"/api/test-runs/{Id(run)}/cancel", null, ScopeOf(run))).Status;

    public override async Task<string> StatusAsync(PlainRun run) =>
        (await SuccessAsync(Client.CallAsync(HttpMethod.Get, $"/api/test-runs/{Id(run)}/status", null, ScopeOf(run))))
            .Body.GetProperty("data").GetProperty("state").GetString()!;

    private static string Id(PlainRun run) => run.Number.ToString(CultureInfo.InvariantCulture);

    private static (string, string)[] ScopeOf(PlainRun run) => run.InProject ? [("x-project-id", Project)] : [];
}

internal sealed class StablyFace(HttpClient client) : PlainRunFace(client)
{
    public override string Name => "stably";

    public override string BeingStopped => "RUNNING";

    public override string Cancelled => "CANCELLED";

    public override HttpStatusCode Accepted => HttpStatusCode.OK;

    public override HttpStatusCode TooLate => HttpStatusCode.BadRequest;

    public override async Task<Guid> MakeAsync() =>
        Guid.Parse((await SuccessAsync(Client.PostBodyAsync($"/v1/projects/{Project}/runs", null))).Body.GetProperty("runId").GetString()!);

    public override async Task<HttpStatusCode> CancelAsync(PlainRun run) => (await Client.PostBodyAsync(
        $"/v1/projects/{Project}/runs/cancel", new { where = new { runId = run.SessionId.ToString() } })).Status;

    public override async Task<string> StatusAsync(PlainRun run) =>
        (await SuccessAsync(Client.ReadAsync($"/v1/projects/{Project}/runs/{run.SessionId}"))).Body.GetProperty("status").GetString()!;
}

internal sealed class TesterArmyFace(HttpClient client) : PlainRunFace(client)
{
    public override string Name => "testerarmy";

    public override string BeingStopped => "running";

    public override string Cancelled => "cancelled";

    public override HttpStatusCode Accepted => HttpStatusCode.OK;

    public override HttpStatusCode TooLate => HttpStatusCode.Conflict;

    public override async Task<Guid> MakeAsync() =>
        (await SuccessAsync(Client.PostBodyAsync($"/v1/tests/{Guid.NewGuid()}/runs", null))).Body.GetProperty("runId").GetGuid();

    public override async Task<HttpStatusCode> CancelAsync(PlainRun run) =>
        (await Client.PostBodyAsync($"/api/v1/runs/{run.SessionId}/cancel", null)).Status;

    public override async Task<string> StatusAsync(PlainRun run) =>
        (await SuccessAsync(Client.ReadAsync($"/v1/runs/{run.SessionId}"))).Body.GetProperty("status").GetString()!;
}
