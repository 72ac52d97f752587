namespace Ledger.Http.Empirical;

public static class ReadTestRunEndpoint
{
    [WolverineGet("/api/test-runs/{id}"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 429), Tags("Empirical"), ProjectHeader]
    [EndpointSummary("Reads a test run.")]
    public static async Task<EmpiricalData<TestRunRead>> Get(string id, Caller caller, PlainRunSessions runs, HttpRequest request)
    {
        var run = await runs.FindAsync(caller, request, id);
        return new(new(new TestRunWithCases(
            TestRunDetail.Of(run), [.. TestCase.Of(run.Session.Runs[0]).Select(CaseSummary.Of)])));
    }
}

/// <summary>Reads the state of a test run alone: what a client polls.</summary>
public static class ReadTestRunStatusEndpoint
{
    [WolverineGet("/api/test-runs/{id}/status"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 429), Tags("Empirical"), ProjectHeader]
    [EndpointSummary("Reads the state of a test run.")]
    public static async Task<EmpiricalData<TestRunStatus>> Get(string id, Caller caller, PlainRunSessions runs, HttpRequest request)
    {
        var detail = TestRunDetail.Of(await runs.FindAsync(caller, request, id));
        return new(new TestRunStatus(detail.RunId, detail.State, detail.TestCaseIds, detail.TotalCount));
    }
}

public static class ReadTestCasesEndpoint
{
    [WolverineGet("/api/v2/test-runs/{id}/cases"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 429), Tags("Empirical"), ProjectHeader]
    [EndpointSummary("Reads the test cases of a test run, once the runner has reported them.")]
    public static async Task<EmpiricalData<IReadOnlyList<CaseDetail>>> Get(
        string id, Caller caller, PlainRunSessions runs, HttpRequest request)
    {
        var run = await runs.FindAsync(caller, request, id);
        return new([.. TestCase.Of(run.Session.Runs[0]).Select(CaseDetail.Of)]);
    }
}

/// <summary>A test run on its own: what lists show, and how it was cancelled.</summary>
public sealed record TestRunDetail : TestRun
{
    private TestRunDetail(TestRun listed)
        : base(listed)
    {
    }

    /// <summary>The same as <see cref="TestRun.Id"/>.</summary>
    [JsonPropertyOrder(1)]
    public long RunId => Id;

    /// <summary>The test cases that the trigger asked for; when it asked for all, those that the runner has reported.</summary>
    [JsonPropertyOrder(1)]
    public IReadOnlyList<JsonElement> TestCaseIds { get; init; } = [];

    /// <summary>When it was cancelled; null, like the two below, unless it is.</summary>
    [JsonPropertyOrder(1)]
    public DateTimeOffset? CancelledAt { get; init; }

    /// <summary>Who asked first: the owner of the key, or the part of the ledger that did.</summary>
    [JsonPropertyOrder(1)]
    public string? CancelledBy { get; init; }

    /// <summary>The first reason.</summary>
    [JsonPropertyOrder(1)]
    public string? CancelReason { get; init; }

    public static TestRunDetail Of(SessionSnapshot snapshot)
    {
        var session = snapshot.Session;
        var run = session.Runs[0];
        var cancel = run is { State: RunState.Cancelled, Cancel: { } facts } ? session.Cancels[facts.CancelId] : null;
        return new TestRunDetail(TestRun.Of(SessionSummary.Of(snapshot)))
        {
            TestCaseIds = session.Metadata.Member("test_case_ids") is { ValueKind: JsonValueKind.Array } asked
                ? [.. asked.EnumerateArray()]
                : [.. TestCase.Of(run).Select(test => JsonSerializer.SerializeToElement(test.Id))],
            CancelledAt = cancel is null ? null : run.SettledAt,
            CancelledBy = cancel is null ? null : cancel.Actor.Name ?? cancel.Actor.Id,
            CancelReason = cancel?.Reason,
        };
    }
}

/// <summary>What a read of a test run answers with.</summary>
public sealed record TestRunRead(TestRunWithCases TestRun);

/// <summary>A test run with its cases; the two names are published so, against the dialect's own style.</summary>
public sealed record TestRunWithCases(
    [property: JsonPropertyName("testRun")] TestRunDetail TestRun,
    [property: JsonPropertyName("flattenedSummaryDetails")] IReadOnlyList<CaseSummary> FlattenedSummaryDetails);

/// <summary>What a client polls.</summary>
public sealed record TestRunStatus(long RunId, TestRunState State, IReadOnlyList<JsonElement> TestCaseIds, int TotalCount);

/// <summary>A test of a run, in short.</summary>
/// <param name="PwTestId">What identifies the test from run to run.</param>
/// <param name="SnoozeInfo">Always null: the ledger snoozes nothing.</param>
public sealed record CaseSummary(TestCaseStatus Status, string PwTestId, object? SnoozeInfo)
{
    public static CaseSummary Of(TestCase test) => new(test.Status, test.Id, null);
}

/// <summary>A test of a run.</summary>
/// <param name="PwTestId">What identifies the test from run to run.</param>
/// <param name="Location">File and line, or null.</param>
/// <param name="Duration">Milliseconds, all tries together; null when it never started.</param>
/// <param name="Errors">One message for each failed try.</param>
public sealed record CaseDetail(
    string PwTestId, TestCaseStatus Status, string Title, string? Location, long? Duration, IReadOnlyList<string> Errors)
{
    public static CaseDetail Of(TestCase test) => new(test.Id, test.Status, test.Title, test.Location, test.DurationMs, test.Errors);
}
