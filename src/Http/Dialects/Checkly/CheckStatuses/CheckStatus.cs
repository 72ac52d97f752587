using System.Text.Json.Serialization;
using Ledger.Projections.CheckStatus;

namespace Ledger.Http.Dialects.Checkly.CheckStatuses;

/// <summary>How a check stands (wire.md 3.9).</summary>
/// <param name="Name">As it is registered; else what its last session called it.</param>
/// <param name="CheckId">The check.</param>
/// <param name="HasFailures">Whether the last run that counts failed.</param>
/// <param name="HasErrors">Whether it could not be executed properly.</param>
/// <param name="IsDegraded">Whether it was slower than it should be.</param>
/// <param name="LongestRun">In milliseconds.</param>
/// <param name="ShortestRun">In milliseconds.</param>
/// <param name="LastRunLocation">Where that run ran.</param>
/// <param name="LastCheckRunId">The <c>checkRunId</c> of its result, as text (trap 16).</param>
/// <param name="SslDaysRemaining">Always null: the ledger looks into no certificate.</param>
/// <param name="CreatedAt">The day of the first run that counts.</param>
/// <param name="UpdatedAt">When the last one was settled.</param>
public sealed record CheckStatus(
    string Name,
    Guid CheckId,
    bool HasFailures,
    bool HasErrors,
    bool IsDegraded,
    long? LongestRun,
    long? ShortestRun,
    string LastRunLocation,
    string LastCheckRunId,
    int? SslDaysRemaining,
    [property: JsonPropertyName("created_at")] DateOnly CreatedAt,
    [property: JsonPropertyName("updated_at")] DateTimeOffset UpdatedAt)
{
    public static CheckStatus Of(CheckStanding standing, string? registeredName) => new(
        registeredName ?? standing.Name,
        standing.CheckId,
        standing.HasFailures,
        standing.HasErrors,
        standing.IsDegraded,
        standing.LongestRun,
        standing.ShortestRun,
        standing.LastLocation,
        FormattableString.Invariant($"{standing.LastPosition}"),
        null,
        DateOnly.FromDateTime(standing.CreatedAt.UtcDateTime),
        standing.UpdatedAt);
}
