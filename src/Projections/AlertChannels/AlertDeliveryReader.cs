using Ledger.Projections.Daemon;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.AlertChannels;

/// <summary>Answers: what was sent to whom, and did it arrive?</summary>
/// <param name="dataSource">The database.</param>
public sealed class AlertDeliveryReader(NpgsqlDataSource dataSource)
{
    /// <summary>What to wait for before a read that must see a write (<see cref="ReadModelProgress.WaitForAsync"/>).</summary>
    public const string ProjectionName = "alert_deliveries";

    private const string Columns =
        "d.id, d.webhook_id, d.event, d.alert_position, d.state, d.reason, d.next_attempt_at, d.created_at, d.closed_at";

    /// <summary>A page of a channel's deliveries, newest first.</summary>
    /// <param name="channel">The channel's number.</param>
    /// <param name="state">Only those in this state; all when null.</param>
    /// <param name="before">Only those with a smaller id; all when null.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellation">Ends the read.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<AlertDelivery>> ListAsync(
        long channel, DeliveryState? state, long? before, int limit, CancellationToken cancellation = default)
    {
        await using var command = dataSource.CreateCommand(
            $"""
            with page as (
              select d.* from ledger.alert_deliveries d
              where d.channel = $1 and d.id < $2 and ($3 = '' or d.state = $3) order by d.id desc limit $4)
            select {Columns}, t.at, t.duration_ms, t.status, t.error, t.response
            from page d left join ledger.alert_delivery_attempts t on t.delivery = d.id order by d.id desc, t.attempt
            """);
        command.Parameters.AddWithValue(channel);
        command.Parameters.AddWithValue(before ?? long.MaxValue);
        command.Parameters.AddWithValue(state is { } only ? Words<DeliveryState>.Of(only) : "");
        command.Parameters.AddWithValue(limit);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<AlertDelivery>();
        while (await reader.ReadAsync(cancellation))
        {
            if (found.Count == 0 || found[^1].Id != reader.GetInt64(0))
            {
                found.Add(Read(reader));
            }

            if (AttemptOf(reader, 9) is { } attempt)
            {
                found[^1] = found[^1] with { Attempts = [.. found[^1].Attempts, attempt] };
            }
        }

        return found;
    }

    /// <summary>A page of the alerts that an account was sent, and how many there are in all.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<(IReadOnlyList<Notification> Page, int Total)> NotificationsAsync(
        NotificationQuery query, CancellationToken cancellation = default)
    {
        await using var command = dataSource.CreateCommand(
            """
            with sent as materialized (
              select d.* from ledger.alert_deliveries d
              where d.account_id = $1 and d.alert_position is not null and d.created_at >= $2 and d.created_at < $3
                and d.state <> 'withdrawn' and d.channel = coalesce($4, d.channel) and (d.state = 'failed') = coalesce($5, d.state = 'failed')
                and ($8 is null or exists (
                  select from ledger.alerts a join ledger.session_list s on s.account_id = a.account_id and s.session_id = a.session_id
                  where a.position = d.alert_position and s.project = $8))),
            page as (select * from sent order by created_at desc, id desc limit $6 offset $7)
            select d.id, d.channel, c.url, d.state, d.alert_position, d.check_id, d.check_type, d.sequence_id, d.report_id,
              t.at, t.duration_ms, t.status, t.error, t.response, (select count(*)::int from sent)
            from (values (1)) one left join page d on true left join ledger.alert_channels c on c.number = d.channel
            left join ledger.alert_delivery_attempts t on t.delivery = d.id and t.attempt = d.attempts
            order by d.created_at desc, d.id desc
            """);
        command.Parameters.AddWithValue(query.AccountId);
        command.Parameters.AddWithValue(query.From);
        command.Parameters.AddWithValue(query.To ?? DateTimeOffset.MaxValue);
        command.Parameters.Add(Optional.Of(query.Channel, NpgsqlDbType.Bigint));
        command.Parameters.Add(Optional.Of(query.HasFailed, NpgsqlDbType.Boolean));
        command.Parameters.AddWithValue(query.Limit);
        command.Parameters.AddWithValue(query.Offset);
        command.Parameters.Add(Optional.Of(query.Project, NpgsqlDbType.Text));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var (page, total) = (new List<Notification>(), 0);
        while (await reader.ReadAsync(cancellation))
        {
            total = reader.GetInt32(14);
            if (!reader.IsDBNull(0))
            {
                page.Add(new Notification(
                    reader.GetInt64(0),
                    reader.GetInt64(1),
                    new Uri(reader.GetString(2)),
                    Words<DeliveryState>.Read(reader.GetString(3)),
                    AttemptOf(reader, 9),
                    reader.GetInt64(4),
                    reader.GetGuid(5),
                    reader.GetString(6),
                    reader.GetGuid(7),
                    reader.GetFieldValue<Guid?>(8)));
            }
        }

        return (page, total);
    }

    private static AlertDelivery Read(NpgsqlDataReader row)
    {
        var state = Words<DeliveryState>.Read(row.GetString(4));
        return new AlertDelivery(
            row.GetInt64(0),
            row.GetString(1),
            row.GetString(2),
            row.GetFieldValue<long?>(3),
            state,
            row.GetStringOrNull(5),
            [],
            state is DeliveryState.Open ? row.GetFieldValue<DateTimeOffset>(6) : null,
            row.GetFieldValue<DateTimeOffset>(7),
            row.GetFieldValue<DateTimeOffset?>(8));
    }

    private static DeliveryAttempt? AttemptOf(NpgsqlDataReader row, int first) => row.IsDBNull(first)
        ? null
        : new DeliveryAttempt(
            row.GetFieldValue<DateTimeOffset>(first),
            TimeSpan.FromMilliseconds(row.GetInt32(first + 1)),
            row.GetFieldValue<int?>(first + 2),
            row.GetStringOrNull(first + 3),
            row.GetStringOrNull(first + 4));
}
