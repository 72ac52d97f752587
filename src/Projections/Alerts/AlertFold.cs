using System.Text.Json.Serialization;
using Ledger.Projections.CheckResults;
using Ledger.Projections.CheckStatus;
using Ledger.Sessions;

namespace Ledger.Projections.Alerts;

/// <summary>
/// What a result of a check means for alerts, conditions and incidents. Pure. Results come in the order of the events that brought them,
/// and only this order counts.
/// </summary>
internal static class AlertFold
{
    /// <summary>Folds one result; those of runs without a check pass by.</summary>
    public static void Apply(ResultFact result, AlertRows rows)
    {
        if (!result.HasCheck)
        {
            return;
        }

        if (result.Outcome is not { } outcome)
        {
            Decide(result, rows);
        }
        else if (!outcome.MayAlert())
        {
            Suppress(result, rows);
        }
        else
        {
            Settle(result, rows);
        }
    }

    /// <summary>A failed try decides an alert early. Further tries of the run change nothing: there is one alert for it at most.</summary>
    private static void Decide(ResultFact attempt, AlertRows rows)
    {
        if (CheckConditionRules.ConditionOf(attempt) is CheckCondition.Failing && rows.Alerts.Find(attempt.Run) is null)
        {
            var before = rows.Conditions.Find(ConditionKey.Of(attempt));
            rows.Alerts.Set(attempt.Run, AlertRow.Pending(attempt, AlertTypeRules.OfFailure(before?.Condition)));
        }
    }

    /// <summary>
    /// A cancelled run is silent, whatever was decided before (docs/domain.md#rule-7, docs/domain.md#p6): what would have been sent, had it
    /// not passed, is kept as suppressed. Condition and incidents stay as they are, so that failure, cancelled, pass is one recovery
    /// (docs/alerts.md).
    /// </summary>
    private static void Suppress(ResultFact cancelled, AlertRows rows)
    {
        var type = AlertTypeRules.OfFailure(rows.Conditions.Find(ConditionKey.Of(cancelled))?.Condition);
        rows.Alerts.Set(cancelled.Run, AlertRow.Settled(rows.Alerts.Find(cancelled.Run), cancelled, type, AlertState.Suppressed));
    }

    /// <summary>A run that counts: confirms, changes or withdraws what was decided, and moves condition and incident.</summary>
    private static void Settle(ResultFact final, AlertRows rows)
    {
        var key = ConditionKey.Of(final);
        var before = rows.Conditions.Find(key);
        var condition = CheckConditionRules.ConditionOf(final);
        var incident = IncidentAfter(final, condition, before, rows);
        if (incident is not null)
        {
            rows.Set(incident);
        }

        var pending = rows.Alerts.Find(final.Run);
        if (AlertTypeRules.Between(before?.Condition, condition) is { } type)
        {
            rows.Alerts.Set(final.Run, AlertRow.Settled(pending, final, type, AlertState.Due) with { IncidentId = incident?.Id });
        }
        else if (pending is not null)
        {
            rows.Alerts.Set(final.Run, AlertRow.Settled(pending, final, pending.Type, AlertState.Withdrawn));
        }

        rows.Conditions.Set(
            key, ConditionRow.After(before, final, condition, condition is CheckCondition.Passing ? null : incident?.Id));
    }

    /// <summary>
    /// The incident that the run belongs to, as the run leaves it: that of its location; a failure joins the check's open one or opens one.
    /// Null for none.
    /// </summary>
    private static IncidentRow? IncidentAfter(ResultFact final, CheckCondition condition, ConditionRow? before, AlertRows rows)
    {
        var open = rows.OpenIncident(CheckKey.Of(final));
        var incident = condition is CheckCondition.Failing ? open ?? IncidentRow.OpenedBy(final)
            : before?.IncidentId is null ? null
            : open;
        return incident?.After(final, condition);
    }
}

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

/// <summary>How a check stands at one location, by its last run that counts. Of several, the last of these words is the worst.</summary>
public enum CheckCondition
{
    /// <summary>The run passed.</summary>
    Passing,

    /// <summary>It was slower than it should be.</summary>
    Degraded,

    /// <summary>It failed or could not be executed properly; timed out and lost runs included.</summary>
    Failing,
}

internal static class CheckConditionRules
{
    /// <summary>What a result that is not cancelled says of its check.</summary>
    public static CheckCondition ConditionOf(ResultFact result) =>
        result.HasFailures || result.HasErrors ? CheckCondition.Failing
        : result.IsDegraded ? CheckCondition.Degraded
        : CheckCondition.Passing;
}
