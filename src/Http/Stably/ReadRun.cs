namespace Ledger.Http.Stably;

/// <summary>Reads one run as of now. Clients poll this while it is open, and take any other answer than 200 for fatal.</summary>
public static class ReadRunEndpoint
{
    [WolverineGet("/v1/projects/{projectId}/runs/{runId}"), Authorize(Scopes.Read), Errors(401, 404, 429), Tags("Stably: runs")]
    [EndpointSummary("Reads where a run stands, and its tests once it is over.")]
    public static async Task<StablyRun> Get(
        string projectId, string runId, Caller caller, SessionWriter sessions, CancellationToken cancellation) =>
        await sessions.FindRunAsync(caller, projectId, runId, cancellation) is { } found
            ? StablyRun.Of(found.Session)
            : throw RequestRejected.NotFound("There is no such run in this project.");
}

/// <summary>A run.</summary>
/// <param name="StartedAt">When its execution began; null while it has not, and for good when it never did.</param>
/// <param name="FinishedAt">When it was settled; absent until then.</param>
/// <param name="BranchName">The branch that it is about; absent when none was named.</param>
/// <param name="Results">Its tests; absent while it is open.</param>
public sealed record StablyRun(
    RunStatus Status,
    DateTimeOffset? StartedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? FinishedAt = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? BranchName = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] StablyResults? Results = null)
{
    public static StablyRun Of(Session session)
    {
        var run = session.Runs[0];
        return new StablyRun(
            RunStatuses.StatusOf(run.State),
            run.StartedAt,
            run.SettledAt,
            session.Metadata.Text(RunFacts.BranchName),
            run.IsOpen ? null : new StablyResults([.. TestCase.Of(run).Select(StablyTest.Of)]));
    }
}

/// <summary>What a run came to.</summary>
public sealed record StablyResults(IReadOnlyList<StablyTest> TestCases);

/// <summary>A test of a run.</summary>
/// <param name="DurationMs">How long it took; 0 when it never started.</param>
public sealed record StablyTest(string Title, TestStatus Status, long DurationMs)
{
    public static StablyTest Of(TestCase test) => new(test.Title, TestStatuses.PublicOf(test.Status), test.DurationMs ?? 0);
}
