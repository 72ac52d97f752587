namespace Ledger.Sessions;

/// <summary>The answer to a runner's report about one run.</summary>
/// <param name="Run">The run as it stands after the report.</param>
/// <param name="Late">Whether the run had been settled before, so that the report was only recorded (docs/domain.md#rule-3).</param>
/// <param name="Repeated">Whether the same report had been recorded before, so that nothing was.</param>
public sealed record ReportAnswer(Run Run, bool Late = false, bool Repeated = false);

/// <summary>How what runners report is recorded.</summary>
internal static class RunnerReports
{
    /// <summary>It happened: the answer shows the run after it.</summary>
    public static Decision<ReportAnswer> Record(Session session, Run run, params IReadOnlyList<ISessionEvent> events) =>
        Decision<ReportAnswer>.Accept(new ReportAnswer(events.Aggregate(session, Session.Fold).FindRun(run.SequenceId)!), events);

    /// <summary>
    /// The same of what a runner does because of a cancel, which proves that the signal had arrived: where the delivery was not recorded yet, it
    /// is recorded with it, so that the five facts stay in order.
    /// </summary>
    public static Decision<ReportAnswer> RecordObedience(Session session, Run run, string runnerId, IRunEvent obeyed) =>
        run.Cancel is { DeliveredAt: null } cancel
            ? Record(
                session,
                run,
                new CancelDelivered(cancel.CancelId, run.SequenceId, obeyed.Run, runnerId, DeliveryChannel.Stream, obeyed.At),
                obeyed)
            : Record(session, run, obeyed);

    /// <summary>What comes for a settled run is recorded once and changes nothing (docs/domain.md#rule-3).</summary>
    public static Decision<ReportAnswer> RecordLate(
        Session session,
        Run run,
        string runnerId,
        LateReportKind kind,
        Guid? reportId,
        DateTimeOffset now,
        ResultReported? result = null,
        RunAborted? abort = null)
    {
        var answer = new ReportAnswer(run, Late: true);
        if (run.HasLateReport(kind, reportId))
        {
            return Decision<ReportAnswer>.Accept(answer with { Repeated = true });
        }

        return run.ReportCount >= Limits.ReportsPerRun
            ? Refusals.TooManyReports<ReportAnswer>(run)
            : Decision<ReportAnswer>.Accept(
                answer, new LateReport(run.SequenceId, session.FactsOf(run), runnerId, kind, reportId, result, abort, now));
    }
}
