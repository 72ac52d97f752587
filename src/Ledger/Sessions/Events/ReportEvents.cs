using System.Text.Json;

namespace Ledger.Sessions.Events;

/// <summary>The runner reported on a run.</summary>
/// <param name="ResultId">The report's id; the same report never counts twice.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="Run">What is known of it.</param>
/// <param name="RunnerId">Who reports.</param>
/// <param name="ResultType">A failed try, or the run as a whole.</param>
/// <param name="Settles">
/// Whether this report settles the run: true for the first terminal fact, false for an attempt and for the final report that only adds
/// details after <see cref="RunAborted"/> (docs/domain.md#rule-3). Readers that do not fold the stream rely on it.
/// </param>
/// <param name="HasFailures">Whether the test failed.</param>
/// <param name="HasErrors">Whether it could not be executed properly.</param>
/// <param name="IsDegraded">Whether it was slower than it should be.</param>
/// <param name="IsCancelled">Whether it ended because of a cancel; only ever true with a recorded cancel (docs/domain.md#rule-4).</param>
/// <param name="OverMaxResponseTime">Whether it took longer than the check allows; then <paramref name="HasFailures"/> is true as well.</param>
/// <param name="ResponseTime">Duration in milliseconds; null when it never started.</param>
/// <param name="StartedAt">When execution began, by the runner's clock.</param>
/// <param name="StoppedAt">When execution ended, by the runner's clock.</param>
/// <param name="Attempt">Which try this was, from 1.</param>
/// <param name="Details">Opaque details.</param>
/// <param name="At">When the ledger recorded it.</param>
public sealed record ResultReported(
    Guid ResultId,
    Guid SequenceId,
    RunFacts Run,
    string RunnerId,
    ResultType ResultType,
    bool Settles,
    bool HasFailures,
    bool HasErrors,
    bool IsDegraded,
    bool IsCancelled,
    bool OverMaxResponseTime,
    long? ResponseTime,
    DateTimeOffset? StartedAt,
    DateTimeOffset? StoppedAt,
    int Attempt,
    JsonElement? Details,
    DateTimeOffset At) : ISettlesRun
{
    /// <summary>How a run ends that is settled by this report; what a failed try would have come to.</summary>
    public RunState Verdict() => this switch
    {
        { IsCancelled: true } => RunState.Cancelled,
        { HasFailures: true } or { HasErrors: true } => RunState.Failed,
        { IsDegraded: true } => RunState.Degraded,
        _ => RunState.Passed,
    };

    RunState? ISettlesRun.Outcome => Settles ? Verdict() : null;
}

/// <summary>Something arrived for a run that was settled already; recorded, changes nothing (docs/domain.md#rule-3).</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="Run">What is known of it.</param>
/// <param name="RunnerId">Who reported.</param>
/// <param name="Kind">What kind of report it was.</param>
/// <param name="ReportId">The result's or the cancel's id; repeats of one report are recorded once. Null for a start.</param>
/// <param name="Result">The result as it would have been recorded, for <see cref="LateReportKind.Result"/>.</param>
/// <param name="Abort">The abort as it would have been recorded, for <see cref="LateReportKind.Abort"/>.</param>
/// <param name="At">When.</param>
public sealed record LateReport(
    Guid SequenceId,
    RunFacts Run,
    string RunnerId,
    LateReportKind Kind,
    Guid? ReportId,
    ResultReported? Result,
    RunAborted? Abort,
    DateTimeOffset At) : IRunEvent;
