using System.Text.Json.Serialization;

namespace Ledger.Projections.Alerts;

/// <summary>
/// Which change, or which lack of one, an alert tells of; the names are Checkly's. Its <c>NO_ALERT</c>, a check that passed and passes
/// again, is no alert and has no word here; nor has <c>ALERT_SSL</c>, since the ledger looks into no certificate.
/// </summary>
public enum AlertType
{
    /// <summary>It passed, or had never run, and fails.</summary>
    [JsonStringEnumMemberName("ALERT_FAILURE")] Failure,

    /// <summary>It failed and fails still.</summary>
    [JsonStringEnumMemberName("ALERT_FAILURE_REMAIN")] FailureRemain,

    /// <summary>It failed and is degraded.</summary>
    [JsonStringEnumMemberName("ALERT_FAILURE_DEGRADED")] FailureDegraded,

    /// <summary>It failed and passes.</summary>
    [JsonStringEnumMemberName("ALERT_RECOVERY")] Recovery,

    /// <summary>It passed, or had never run, and is degraded.</summary>
    [JsonStringEnumMemberName("ALERT_DEGRADED")] Degraded,

    /// <summary>It was degraded and is so still.</summary>
    [JsonStringEnumMemberName("ALERT_DEGRADED_REMAIN")] DegradedRemain,

    /// <summary>It was degraded and fails.</summary>
    [JsonStringEnumMemberName("ALERT_DEGRADED_FAILURE")] DegradedFailure,

    /// <summary>It was degraded and passes.</summary>
    [JsonStringEnumMemberName("ALERT_DEGRADED_RECOVERY")] DegradedRecovery,
}

internal static class AlertTypeRules
{
    /// <summary>
    /// The alert that a further run raises at its location; null for none. A check that has never run counts as one that passes, so its
    /// first run raises an alert unless it passes.
    /// </summary>
    /// <param name="before">How the check stood there; null when no run counted yet.</param>
    /// <param name="after">What the run says.</param>
    public static AlertType? Between(CheckCondition? before, CheckCondition after) => (before ?? CheckCondition.Passing, after) switch
    {
        (CheckCondition.Passing, CheckCondition.Passing) => null,
        (CheckCondition.Passing, CheckCondition.Degraded) => AlertType.Degraded,
        (CheckCondition.Degraded, CheckCondition.Degraded) => AlertType.DegradedRemain,
        (CheckCondition.Degraded, CheckCondition.Passing) => AlertType.DegradedRecovery,
        (CheckCondition.Failing, CheckCondition.Passing) => AlertType.Recovery,
        (CheckCondition.Failing, CheckCondition.Degraded) => AlertType.FailureDegraded,
        (var stood, CheckCondition.Failing) => OfFailure(stood),
        _ => throw new ArgumentOutOfRangeException(nameof(after), after, "A condition without a rule."),
    };

    /// <summary>The alert that a run raises which fails: there always is one.</summary>
    /// <param name="before">How the check stood at its location; null when no run counted yet.</param>
    public static AlertType OfFailure(CheckCondition? before) => before switch
    {
        null or CheckCondition.Passing => AlertType.Failure,
        CheckCondition.Degraded => AlertType.DegradedFailure,
        CheckCondition.Failing => AlertType.FailureRemain,
        _ => throw new ArgumentOutOfRangeException(nameof(before), before, "A condition without a rule."),
    };
}
