namespace Ledger.Projections.CheckStatus;

/// <summary>One check of one account.</summary>
internal readonly record struct CheckKey(Guid AccountId, Guid CheckId);

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

/// <summary>A settled run of a check.</summary>
/// <param name="Check">The check.</param>
/// <param name="Run">What its status would be taken from.</param>
/// <param name="IsCancelled">Whether it was cancelled.</param>
/// <param name="ResponseTime">Its length in milliseconds; null when nobody knows it.</param>
internal sealed record SettledRun(CheckKey Check, LastRun Run, bool IsCancelled, long? ResponseTime);

/// <summary>How a check stands (wire.md 3.9).</summary>
/// <param name="Last">The last run that counts.</param>
/// <param name="LongestRun">The longest run that counts, in milliseconds; null when no length is known.</param>
/// <param name="ShortestRun">The shortest one.</param>
/// <param name="CreatedAt">When the first one was settled.</param>
internal sealed record CheckStatusRow(LastRun Last, long? LongestRun, long? ShortestRun, DateTimeOffset CreatedAt)
{
    /// <summary>
    /// The status after a further run. A cancelled one leaves it as it is, or absent, in every part: it is silent (domain.md rule 7).
    /// </summary>
    public static CheckStatusRow? After(CheckStatusRow? status, SettledRun settled) => (status, settled) switch
    {
        (_, { IsCancelled: true }) => status,
        (null, _) => new CheckStatusRow(settled.Run, settled.ResponseTime, settled.ResponseTime, settled.Run.SettledAt),
        _ => status with
        {
            Last = settled.Run,
            LongestRun = ((long?[])[status.LongestRun, settled.ResponseTime]).Max(),
            ShortestRun = ((long?[])[status.ShortestRun, settled.ResponseTime]).Min(),
        },
    };
}
