using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Ledger.Projections.AlertDeliveries;

/// <summary>An alert that is to be sent, and a channel that asked for it.</summary>
internal sealed record DueAlert(
    long Channel,
    Guid AccountId,
    long Position,
    string Event,
    string AlertType,
    Guid CheckId,
    string CheckName,
    string CheckType,
    string Location,
    Guid SessionId,
    Guid SequenceId,
    DateTimeOffset DecidedAt,
    DateTimeOffset SettledAt)
{
    private const string DueSql = """
        select c.number as channel, n.event, a.*, nextval('ledger.alert_deliveries_id_seq') as delivery
        from ledger.alerts a
        cross join lateral (select 'alert.' || lower(substr(a.alert_type, length('ALERT_') + 1))) as n(event)
        join ledger.alert_channels c on c.account_id = a.account_id and c.events ? n.event
          and (c.check_ids is null or c.check_ids ? a.check_id::text)
          and c.active_after < a.settled_position and c.disabled_at is null and not c.is_deleted
        where a.state = 'due' and a.settled_position >= $1 and a.settled_position <= $2
          and not exists (select from ledger.alert_deliveries d where d.alert_position = a.position and d.channel = c.number)
        order by a.settled_position, c.number
        """;

    public required long Delivery { get; init; }

    /// <summary>The incident that it belongs to; null for none.</summary>
    public Guid? IncidentId { get; init; }

    /// <summary>In milliseconds; null for a run that never started.</summary>
    public long? ResponseTime { get; init; }

    /// <summary>When execution began; null for a run that never started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The report that settled the run; null where none did.</summary>
    public Guid? ReportId { get; init; }

    /// <summary>
    /// What became due by events from one position up to another one, for every channel that was enabled by then and asks for it, and has no
    /// delivery yet.
    /// </summary>
    public static async Task<IReadOnlyList<DueAlert>> ReadAsync(
        NpgsqlDataSource dataSource, long first, long last, CancellationToken cancellation) =>
        await dataSource.QueryAsync<DueAlert>(DueSql, [first, last], cancellation);
}

/// <summary>
/// The body of a webhook, in the form that Standard Webhooks recommends: <c>{type, timestamp, data}</c>. Written once, when the delivery is
/// made, so that every attempt sends the same bytes.
/// </summary>
internal sealed record AlertPayload(string Type, string Timestamp, AlertPayloadData Data)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

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
/// <param name="IncidentId">The incident that the alert belongs to; null for none.</param>
/// <param name="ResponseTime">In milliseconds; null for a run that never started.</param>
/// <param name="StartedAt">When execution began; null for a run that never started.</param>
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

/// <summary>
/// The ids by which receivers know a webhook again. Each follows from the alert and the channel alone: however often the delivery is made
/// or tried, it is the same (docs/domain.md#p14), and no other ledger's.
/// </summary>
public static class WebhookIds
{
    internal static string Of(DueAlert alert) => Of(new Guid(
        SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{alert.AccountId}/{alert.Channel}/{alert.Position}")))
            .AsSpan(0, 16)));

    /// <summary>An id made of a uuid.</summary>
    public static string Of(Guid id) => $"msg_{id:N}";
}
