using System.Text.Json.Nodes;
using Ledger.Http.Dialects.Checkly.Results;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.TestSessions;

/// <summary>A session of kind <c>test</c> as Checkly shows it (wire.md 3.8).</summary>
public sealed record TestSession(
    Guid TestSessionId,
    string TestSessionLink,
    string Name,
    SessionStatus Status,
    IReadOnlyList<Guid> ErrorGroupIds,
    DateTimeOffset StartedAt,
    DateTimeOffset? StoppedAt,
    long TimeElapsed,
    JsonObject Metadata,
    IReadOnlyList<TestSessionResult> Results)
{
    /// <summary>The session with one result for each run, settled or not, and one for each failed try.</summary>
    public static TestSession Of(Session session, ChecklyLinks links, DateTimeOffset now) => new(
        session.Id,
        links.TestSession(session),
        session.Name,
        session.Status,
        [],
        session.TriggeredAt,
        session.SettledAt,
        Durations.Between(session.TriggeredAt, session.SettledAt ?? now),
        TestSessionMetadata.Of(session.Metadata).ToJson(),
        [.. ResultsOf(session).Select(result => TestSessionResult.Of(session, result, links))]);

    /// <summary>The result of that id, or null.</summary>
    public static RunResult? FindResult(Session session, Guid resultId) =>
        session.FindRun(ResultIds.Derived(resultId)) is { } run
            ? RunResult.Of(session.Kind, run)
            : session.Runs.SelectMany(RunResult.AttemptsOf).FirstOrDefault(attempt => attempt.Id == resultId);

    private static IEnumerable<RunResult> ResultsOf(Session session) =>
        session.Runs.SelectMany(run => RunResult.AttemptsOf(run).Append(RunResult.Of(session.Kind, run)));
}
