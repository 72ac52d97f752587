using Ledger.Projections.CheckResults;

namespace Ledger.Projections.Alerts;

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
