using System.Globalization;
using System.Text.Json.Serialization;
using Ledger.Projections.Alerts;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.CheckAlerts;

/// <summary>An alert that became due (wire.md 3.10).</summary>
/// <param name="Id">The position of the event that decided it, as text.</param>
/// <param name="Name">What the run's session calls the check.</param>
/// <param name="CheckId">The check.</param>
/// <param name="AlertType">What it tells of; never <c>NO_ALERT</c>.</param>
/// <param name="CheckType">The check's type.</param>
/// <param name="RunLocation">Where the run ran.</param>
/// <param name="ResponseTime">In milliseconds; 0 for a run that never started, since the member is not nullable.</param>
/// <param name="Error">Why the run has no result of its own; null when it has one.</param>
/// <param name="StatusCode">Always null: the ledger does not look into what a check asked for.</param>
/// <param name="CreatedAt">When the run was settled, and the alert with it.</param>
/// <param name="StartedAt">When the run began; left out if it never did, since the member is not nullable.</param>
public sealed record CheckAlert(
    string Id,
    string Name,
    Guid CheckId,
    AlertType AlertType,
    string CheckType,
    string RunLocation,
    long ResponseTime,
    string? Error,
    string? StatusCode,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? StartedAt)
{
    /// <summary>An alert that is settled.</summary>
    public static CheckAlert Of(ListedAlert alert) => new(
        alert.Position.ToString(CultureInfo.InvariantCulture),
        alert.CheckName,
        alert.CheckId,
        alert.Type,
        alert.CheckType,
        alert.Location,
        alert.ResponseTime ?? 0,
        ErrorOf(alert.Outcome),
        null,
        alert.SettledAt ?? alert.DecidedAt,
        alert.StartedAt);

    private static string? ErrorOf(RunState? outcome) => outcome switch
    {
        RunState.TimedOut => "The run exceeded its time limit.",
        RunState.Lost => "The runner of the run was lost.",
        _ => null,
    };
}
