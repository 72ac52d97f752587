using Ledger.Projections.CheckResults;

namespace Ledger.Projections.CheckStatus;

/// <summary>One check of one account.</summary>
internal readonly record struct CheckKey(Guid AccountId, Guid CheckId)
{
    /// <summary>The check of a result.</summary>
    public static CheckKey Of(ResultFact result) => new(result.Run.AccountId, result.CheckId);
}

/// <summary>A run that a check's status is taken from, as readers show it.</summary>
/// <param name="Position">The event that settled it.</param>
/// <param name="Name">What its session calls it.</param>
/// <param name="Location">Where it ran.</param>
/// <param name="HasFailures">Whether it failed.</param>
/// <param name="HasErrors">Whether it could not be executed properly.</param>
/// <param name="IsDegraded">Whether it was slower than it should be.</param>
/// <param name="SettledAt">When it was settled.</param>
internal sealed record LastRun(
    long Position, string Name, string Location, bool HasFailures, bool HasErrors, bool IsDegraded, DateTimeOffset SettledAt);

/// <summary>How a check stands.</summary>
/// <param name="Last">The last run that counts.</param>
/// <param name="LongestRun">The longest run that counts, in milliseconds; null when no length is known.</param>
/// <param name="ShortestRun">The shortest one.</param>
/// <param name="CreatedAt">When the first one was settled.</param>
internal sealed record CheckStatusRow(LastRun Last, long? LongestRun, long? ShortestRun, DateTimeOffset CreatedAt)
{
    /// <summary>The status after a further run.</summary>
    public static CheckStatusRow After(CheckStatusRow? status, ResultFact run)
    {
        var last = new LastRun(run.Position, run.Name, run.Location, run.HasFailures, run.HasErrors, run.IsDegraded, run.CreatedAt);
        return status is null
            ? new CheckStatusRow(last, run.ResponseTime, run.ResponseTime, run.CreatedAt)
            : status with
            {
                Last = last,
                LongestRun = ((long?[])[status.LongestRun, run.ResponseTime]).Max(),
                ShortestRun = ((long?[])[status.ShortestRun, run.ResponseTime]).Min(),
            };
    }
}
