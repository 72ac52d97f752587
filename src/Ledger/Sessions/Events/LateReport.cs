namespace Ledger.Sessions.Events;

/// <summary>Something arrived for a run that was settled already; recorded, changes nothing (docs/domain.md#rule-3).</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="RunnerId">Who reported.</param>
/// <param name="Kind">What kind of report it was.</param>
/// <param name="ReportId">The result's or the cancel's id; repeats of one report are recorded once. Null for a start.</param>
/// <param name="Result">The result as it would have been recorded, for <see cref="LateReportKind.Result"/>.</param>
/// <param name="Abort">The abort as it would have been recorded, for <see cref="LateReportKind.Abort"/>.</param>
/// <param name="At">When.</param>
public sealed record LateReport(
    Guid SequenceId,
    string RunnerId,
    LateReportKind Kind,
    Guid? ReportId,
    ResultReported? Result,
    RunAborted? Abort,
    DateTimeOffset At) : ISessionEvent;
