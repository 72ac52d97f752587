using Ledger.Http.Dialects.Checkly.Results;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.TestSessions;

/// <summary>A concise result of a test session. It has no <c>isCancelled</c>; its status tells (wire.md 3.8, trap 10).</summary>
public record TestSessionResult(
    Guid TestSessionResultId,
    string TestSessionResultLink,
    Guid? CheckId,
    string CheckType,
    string Name,
    string RunLocation,
    IReadOnlyList<Guid> ErrorGroupIds,
    ResultScope ResultType,
    SessionStatus Status,
    bool HasErrors,
    bool HasFailures,
    bool IsDegraded,
    bool Aborted,
    long? ResponseTime,
    DateTimeOffset? StartedAt,
    DateTimeOffset? StoppedAt)
{
    public static TestSessionResult Of(Session session, RunResult result, ChecklyLinks links) => new(
        result.Id,
        links.TestResult(session, result.Id),
        result.Run.Plan.CheckId,
        result.Run.Plan.CheckType,
        result.Run.Plan.Name,
        result.Run.Plan.Location,
        [],
        result.Scope,
        result.Status,
        result.HasErrors,
        result.HasFailures,
        result.IsDegraded,
        result.Aborted,
        result.ResponseTime,
        result.StartedAt,
        result.StoppedAt);
}
