namespace Ledger.Sessions;

/// <summary>
/// The two rules that the ledger exists for (docs/domain.md#rule-7): a cancelled run alerts nobody, and stands in no ratio. Whoever alerts,
/// judges a check or counts runs asks here; there is no other place that decides it.
/// </summary>
public static class CancelledRuns
{
    /// <summary>
    /// Suppression: whether a run that ended so may raise an alert, open, join or resolve an incident, and change how its check stands. One
    /// that was cancelled may not, whatever was decided before the cancel (docs/domain.md#p6): it says nothing about its check, and the
    /// people who stopped it know that it stopped.
    /// </summary>
    /// <param name="outcome">How the run ended: a terminal state.</param>
    public static bool MayAlert(this RunState outcome) => outcome is not RunState.Cancelled;

    /// <summary>
    /// Exclusion: whether a run that ended so stands in the numbers about runs: ratios, availability, response times, failures, reruns and
    /// tests. One that was cancelled stands in no numerator and in no denominator, so that adding it leaves every other number as it is
    /// (docs/domain.md#p7); it is counted on its own.
    /// </summary>
    /// <param name="outcome">How the run ended: a terminal state.</param>
    public static bool Counts(this RunState outcome) => outcome is not RunState.Cancelled;
}
