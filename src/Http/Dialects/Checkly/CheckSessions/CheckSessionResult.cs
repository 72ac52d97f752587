using Ledger.Http.Dialects.Checkly.Results;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.CheckSessions;

/// <summary>A concise result of a check session (wire.md 3.4).</summary>
public sealed record CheckSessionResult(
    Guid CheckResultId,
    string CheckResultLink,
    Guid CheckId,
    string CheckType,
    string Name,
    string RunLocation,
    ResultScope ResultType,
    bool HasErrors,
    bool HasFailures,
    bool IsDegraded,
    bool Aborted,
    bool IsCancelled,
    long? ResponseTime,
    DateTimeOffset? StartedAt,
    DateTimeOffset? StoppedAt)
{
    public static CheckSessionResult Of(Session session, RunResult result, ChecklyLinks links) => new(
        result.Id,
        links.CheckResult(session, result.Id),
        CheckIds.Of(result.Run),
        result.Run.Plan.CheckType,
        result.Run.Plan.Name,
        result.Run.Plan.Location,
        result.Scope,
        result.HasErrors,
        result.HasFailures,
        result.IsDegraded,
        result.Aborted,
        result.IsCancelled,
        result.ResponseTime,
        result.StartedAt,
        result.StoppedAt);
}
