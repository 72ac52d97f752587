namespace Ledger.Sessions;

/// <summary>The answer to a runner's report about one run.</summary>
/// <param name="Run">The run as it stands after the report.</param>
/// <param name="Late">Whether the run had been settled before, so that the report was only recorded (docs/domain.md#rule-3).</param>
/// <param name="Repeated">Whether the same report had been recorded before, so that nothing was.</param>
public sealed record ReportAnswer(Run Run, bool Late = false, bool Repeated = false);
