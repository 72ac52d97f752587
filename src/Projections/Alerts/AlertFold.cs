using Ledger.Projections.CheckResults;
using Ledger.Projections.CheckStatus;

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

        if (!result.IsFinal)
        {
            Decide(result, rows);
        }
        else if (result.IsCancelled)
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
