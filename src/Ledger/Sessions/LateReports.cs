using Ledger.Sessions.Events;

namespace Ledger.Sessions;

/// <summary>What comes for a settled run is recorded once and changes nothing (docs/domain.md#rule-3).</summary>
internal static class LateReports
{
    public static Decision<ReportAnswer> Record(Run run, LateReport late)
    {
        var answer = new ReportAnswer(run, Late: true);
        if (run.HasLateReport(late.Kind, late.ReportId))
        {
            return Decision<ReportAnswer>.Accept(answer with { Repeated = true });
        }

        return run.ReportCount >= Limits.ReportsPerRun
            ? Refusals.TooManyReports<ReportAnswer>(run)
            : Decision<ReportAnswer>.Accept(answer, late);
    }
}
