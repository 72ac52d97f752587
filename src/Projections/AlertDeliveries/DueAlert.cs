using Npgsql;

namespace Ledger.Projections.AlertDeliveries;

/// <summary>An alert that is to be sent, and a channel that asked for it.</summary>
/// <param name="Channel">The channel's number.</param>
/// <param name="AccountId">The tenant.</param>
/// <param name="Position">The event that decided the alert.</param>
/// <param name="Event">Its name as the channel asked for it.</param>
/// <param name="AlertType">Its type in Checkly's word.</param>
/// <param name="CheckId">The check.</param>
/// <param name="CheckName">What its session calls it.</param>
/// <param name="CheckType">Its type.</param>
/// <param name="Location">Where it ran.</param>
/// <param name="SessionId">The session.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="DecidedAt">When it was decided.</param>
/// <param name="SettledAt">When its run was settled.</param>
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
    private const string Sql = """
        select c.number, a.account_id, a.position, n.event, a.alert_type, a.check_id, a.check_name, a.check_type, a.location, a.session_id,
          a.sequence_id, a.decided_at, a.settled_at, a.incident_id, a.response_time, a.started_at, a.report_id,
          nextval('ledger.alert_deliveries_id_seq')
        from alerts a
        cross join lateral (select 'alert.' || lower(substr(a.alert_type, length('ALERT_') + 1))) as n(event)
        join ledger.alert_channels c on c.account_id = a.account_id and c.events ? n.event
          and (c.check_ids is null or c.check_ids ? a.check_id::text)
          and c.active_after < a.settled_position and c.disabled_at is null and not c.is_deleted
        where a.state = 'due' and a.settled_position > $1 and a.settled_position <= $2
          and not exists (select from ledger.alert_deliveries d where d.alert_position = a.position and d.channel = c.number)
        order by a.settled_position, c.number
        """;

    /// <summary>The id of the delivery that is to be made.</summary>
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
    /// What became due by events above a position and up to another one, for every channel that was enabled by then and asks for it, and has no
    /// delivery yet. The projection's connection says where the alerts are.
    /// </summary>
    public static async Task<IReadOnlyList<DueAlert>> ReadAsync(
        NpgsqlConnection connection, long after, long through, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = through });
        await command.PrepareAsync(cancellation);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var due = new List<DueAlert>();
        while (await reader.ReadAsync(cancellation))
        {
            due.Add(new DueAlert(
                reader.GetInt64(0),
                reader.GetGuid(1),
                reader.GetInt64(2),
                reader.GetString(3),
                reader.GetString(4),
                reader.GetGuid(5),
                reader.GetString(6),
                reader.GetString(7),
                reader.GetString(8),
                reader.GetGuid(9),
                reader.GetGuid(10),
                reader.GetFieldValue<DateTimeOffset>(11),
                reader.GetFieldValue<DateTimeOffset>(12))
            {
                Delivery = reader.GetInt64(17),
                IncidentId = reader.GetFieldValue<Guid?>(13),
                ResponseTime = reader.GetFieldValue<long?>(14),
                StartedAt = reader.GetFieldValue<DateTimeOffset?>(15),
                ReportId = reader.GetFieldValue<Guid?>(16),
            });
        }

        return due;
    }
}
