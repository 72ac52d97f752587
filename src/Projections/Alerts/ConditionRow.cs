using Ledger.Projections.CheckResults;
using Ledger.Projections.CheckStatus;
using Ledger.Projections.OpenRuns;
using Ledger.Sessions;

namespace Ledger.Projections.Alerts;

/// <summary>One check of one account at one location.</summary>
internal readonly record struct ConditionKey(CheckKey Check, string Location)
{
    /// <summary>The check and the location of a result.</summary>
    public static ConditionKey Of(ResultFact result) => new(CheckKey.Of(result), result.Location);
}

/// <summary>How a check stands at one location.</summary>
/// <param name="Condition">Its condition.</param>
/// <param name="Since">The first run of this condition.</param>
/// <param name="Last">The last run that counts.</param>
/// <param name="IncidentId">The open incident that the location belongs to: from its failure until it passes again.</param>
internal sealed record ConditionRow(CheckCondition Condition, ConditionStart Since, CountedRun Last, Guid? IncidentId)
{
    /// <summary>How it stands after a further run that counts.</summary>
    public static ConditionRow After(ConditionRow? before, ResultFact run, CheckCondition condition, Guid? incidentId) => new(
        condition,
        before?.Condition == condition ? before.Since : new ConditionStart(run.Position, run.CreatedAt),
        CountedRun.Of(run),
        incidentId);
}

/// <summary>Where a condition began.</summary>
/// <param name="Position">The event that settled its first run.</param>
/// <param name="At">When.</param>
internal readonly record struct ConditionStart(long Position, DateTimeOffset At);

/// <summary>A run that counts, as the condition of its check shows it.</summary>
/// <param name="Position">The event that settled it.</param>
/// <param name="SettledAt">When.</param>
/// <param name="Run">The run.</param>
/// <param name="Name">What its session calls it.</param>
/// <param name="CheckType">The check's type.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="ResponseTime">In milliseconds; null when no length is known.</param>
internal sealed record CountedRun(
    long Position, DateTimeOffset SettledAt, RunKey Run, string Name, string CheckType, RunState Outcome, long? ResponseTime)
{
    public static CountedRun Of(ResultFact run) => new(
        run.Position, run.CreatedAt, run.Run, run.Name, run.CheckType, run.Outcome!.Value, run.ResponseTime);
}
