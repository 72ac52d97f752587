using System.Globalization;
using System.Text.Json;

namespace Ledger.Projections.AlertDeliveries;

/// <summary>
/// The body of a webhook, in the form that Standard Webhooks recommends: <c>{type, timestamp, data}</c>. Written once, when the delivery is
/// made, so that every attempt sends the same bytes.
/// </summary>
/// <param name="Type">The event's name.</param>
/// <param name="Timestamp">When what it tells of happened.</param>
/// <param name="Data">What it tells.</param>
internal sealed record AlertPayload(string Type, string Timestamp, AlertPayloadData Data)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>The body for an alert that is due.</summary>
    public static string Of(DueAlert alert) => JsonSerializer.Serialize(
        new AlertPayload(
            alert.Event,
            Time(alert.SettledAt),
            new AlertPayloadData(
                alert.Position.ToString(CultureInfo.InvariantCulture),
                alert.AlertType,
                alert.CheckId,
                alert.CheckName,
                alert.CheckType,
                alert.Location,
                alert.SessionId,
                alert.SequenceId,
                alert.IncidentId,
                alert.ResponseTime,
                alert.StartedAt is { } startedAt ? Time(startedAt) : null,
                Time(alert.DecidedAt))),
        Json);

    private static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>What a receiver learns of an alert.</summary>
/// <param name="AlertId">The alert's id, as other readers show it.</param>
/// <param name="AlertType">Its type in Checkly's word.</param>
/// <param name="CheckId">The check.</param>
/// <param name="CheckName">What its session calls it.</param>
/// <param name="CheckType">Its type.</param>
/// <param name="Location">Where it ran.</param>
/// <param name="SessionId">The session.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="IncidentId">The incident that the alert belongs to; null for none.</param>
/// <param name="ResponseTime">In milliseconds; null for a run that never started.</param>
/// <param name="StartedAt">When execution began; null for a run that never started.</param>
/// <param name="DecidedAt">When the alert was decided.</param>
internal sealed record AlertPayloadData(
    string AlertId,
    string AlertType,
    Guid CheckId,
    string CheckName,
    string CheckType,
    string Location,
    Guid SessionId,
    Guid SequenceId,
    Guid? IncidentId,
    long? ResponseTime,
    string? StartedAt,
    string DecidedAt);
