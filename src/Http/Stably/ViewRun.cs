namespace Ledger.Http.Stably;

/// <summary>Reads one run with its tests: <c>stably runs view</c>. The request names no project, so every run that the caller sees is found.</summary>
public static class ViewRunEndpoint
{
    [WolverineGet("/internal/v1/cli/runs/{runId}"), Authorize(Scopes.Read), Errors(401, 404, 429), Tags("Stably: command line")]
    [EndpointSummary("Reads a run of whichever project with its tests.")]
    [QueryText("detail", "full; all detail is given in any case.")]
    public static async Task<StablyRunDetail> Get(string runId, Caller caller, SessionWriter sessions, CancellationToken cancellation) =>
        await sessions.FindRunAsync(caller, runId, cancellation) is { } found
            ? StablyRunDetail.Of(found.Session)
            : throw RequestRejected.NotFound("There is no such run.");
}

/// <summary>A run with its tests.</summary>
/// <param name="CommitSha">The commit that it is about, where another dialect named one.</param>
/// <param name="DurationMs">From then until it was settled; null while it is open, and when it never started.</param>
/// <param name="PassedCount">Tests that passed at once.</param>
/// <param name="FlakyCount">Tests that passed after a failed try.</param>
/// <param name="TimedoutCount">Tests that exceeded their limit.</param>
/// <param name="SkippedCount">Tests that never started.</param>
/// <param name="InterruptedCount">Tests that were cut off.</param>
/// <param name="TestCases">The tests; none while it is open.</param>
public sealed record StablyRunDetail(
    Guid RunId,
    string ProjectId,
    RunStatus Status,
    string? BranchName,
    string? CommitSha,
    DateTimeOffset? StartedAt,
    long? DurationMs,
    RunSource Source,
    int PassedCount,
    int FailedCount,
    int FlakyCount,
    int TimedoutCount,
    int SkippedCount,
    int InterruptedCount,
    IReadOnlyList<StablyTestDetail> TestCases)
{
    public static StablyRunDetail Of(Session session)
    {
        var run = session.Runs[0];
        var tests = TestCase.Of(run);
        return new StablyRunDetail(
            session.Id,
            StablyRuns.ProjectOf(session),
            RunStatuses.StatusOf(run.State),
            session.Metadata.Text(RunFacts.BranchName),
            session.Metadata.Text(RunFacts.CommitId),
            run.StartedAt,
            (long?)(run.SettledAt - run.StartedAt)?.TotalMilliseconds,
            RunCause.Of(session.Source).Source,
            Count(TestCaseStatus.Passed),
            Count(TestCaseStatus.Failed),
            Count(TestCaseStatus.Flaky),
            Count(TestCaseStatus.TimedOut),
            Count(TestCaseStatus.Skipped),
            Count(TestCaseStatus.Interrupted),
            [.. tests.Select(StablyTestDetail.Of)]);

        int Count(TestCaseStatus status) => tests.Count(test => test.Status == status);
    }
}

/// <summary>A test of a run.</summary>
/// <param name="TestIdentifier">What identifies it from run to run.</param>
/// <param name="Location">File and line, or null.</param>
/// <param name="Attempts">Its failed tries.</param>
public sealed record StablyTestDetail(
    string TestIdentifier, string Title, TestStatus Status, string? Location, IReadOnlyList<StablyAttempt> Attempts)
{
    public static StablyTestDetail Of(TestCase test) => new(
        test.Id, test.Title, TestStatuses.Of(test.Status), test.Location, [.. test.Errors.Select(error => new StablyAttempt(error))]);
}

/// <summary>A failed try of a test.</summary>
public sealed record StablyAttempt(string ErrorMessage);
