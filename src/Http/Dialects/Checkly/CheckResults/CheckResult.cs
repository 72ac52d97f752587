using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Http.Dialects.Checkly.Results;
using Ledger.Projections.CheckResults;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.CheckResults;

/// <summary>A result of a check (wire.md 3.5).</summary>
/// <param name="Id">Its id, the same as in its check session.</param>
/// <param name="Name">What the run was called.</param>
/// <param name="CheckId">The check.</param>
/// <param name="HasFailures">Whether it failed.</param>
/// <param name="HasErrors">Whether it could not be executed properly.</param>
/// <param name="IsDegraded">Whether it was slower than it should be.</param>
/// <param name="IsCancelled">Whether it was cancelled; then none of the three before.</param>
/// <param name="OverMaxResponseTime">Whether it took longer than the check allows.</param>
/// <param name="RunLocation">Where it ran.</param>
/// <param name="StartedAt">Null for a run that never started.</param>
/// <param name="StoppedAt">When it ended.</param>
/// <param name="CreatedAt">When the ledger learnt of it.</param>
/// <param name="ResponseTime">In milliseconds; 0 for a run that never started (wire.md 3.2).</param>
/// <param name="CheckRunId">The position of the event that brought it.</param>
/// <param name="Attempts">How many tries it took, this one included.</param>
/// <param name="ResultType">A failed try, or the run as a whole.</param>
/// <param name="SequenceId">The run, the same for all its tries.</param>
/// <param name="TraceId">Always null: the ledger keeps no traces of the checked application.</param>
/// <param name="ErrorGroupIds">Always empty: the ledger groups no errors.</param>
public sealed record CheckResult(
    Guid Id,
    string Name,
    Guid CheckId,
    bool HasFailures,
    bool HasErrors,
    bool IsDegraded,
    bool IsCancelled,
    bool OverMaxResponseTime,
    string RunLocation,
    DateTimeOffset? StartedAt,
    DateTimeOffset? StoppedAt,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt,
    long ResponseTime,
    long CheckRunId,
    int Attempts,
    ResultType ResultType,
    Guid SequenceId,
    string? TraceId,
    IReadOnlyList<Guid> ErrorGroupIds)
{
    public JsonElement? ApiCheckResult { get; private init; }

    public JsonElement? BrowserCheckResult { get; private init; }

    public JsonElement? MultiStepCheckResult { get; private init; }

    public JsonElement? AgenticCheckResult { get; private init; }

    public JsonElement? PlaywrightCheckResult { get; private init; }

    public JsonElement? TracerouteCheckResult { get; private init; }

    public JsonElement? GrpcCheckResult { get; private init; }

    public JsonElement? SslCheckResult { get; private init; }

    /// <summary>The result that the list names, as its session's stream tells it.</summary>
    public static CheckResult Of(Session session, ListedResult listed)
    {
        var run = session.FindRun(listed.SequenceId)
            ?? throw new InvalidOperationException($"Session {session.Id} has no run {listed.SequenceId}.");
        var result = listed.ResultType is ResultType.Final
            ? RunResult.Of(session.Kind, run)
            : RunResult.AttemptsOf(run).First(attempt => attempt.Id == listed.ReportId);
        var details = new ResultDetails(result);
        return new CheckResult(
            result.Id,
            run.Plan.Name,
            CheckIds.Of(run),
            result.HasFailures,
            result.HasErrors,
            result.IsDegraded,
            result.IsCancelled,
            result.OverMaxResponseTime,
            run.Plan.Location,
            result.StartedAt,
            result.StoppedAt,
            listed.CreatedAt,
            result.ResponseTime ?? 0,
            listed.Position,
            result.Attempts,
            listed.ResultType,
            run.SequenceId,
            null,
            [])
        {
            ApiCheckResult = details.Api,
            BrowserCheckResult = details.Browser,
            MultiStepCheckResult = details.MultiStep,
            AgenticCheckResult = details.Agentic,
            PlaywrightCheckResult = details.Playwright,
            TracerouteCheckResult = details.Traceroute,
            GrpcCheckResult = details.Grpc,
            SslCheckResult = details.Ssl,
        };
    }
}

/// <summary>A page of results, newest first.</summary>
/// <typeparam name="T">A <see cref="CheckResult"/>, or the members of it that were asked for.</typeparam>
/// <param name="Length">Entries on this page.</param>
/// <param name="Entries">The results.</param>
/// <param name="NextId">Where the next page begins; null when there is none.</param>
public sealed record CheckResultList<T>(int Length, IReadOnlyList<T> Entries, string? NextId);
