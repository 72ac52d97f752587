namespace Ledger.Projections.AlertChannels;

/// <summary>Answers: what was sent to whom, and did it arrive?</summary>
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
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<AlertDelivery>> ListAsync(
        long channel, DeliveryState? state, long? before, int limit, CancellationToken cancellation = default)
    {
        var rows = await dataSource.QueryAsync(
            $"""
            with page as (
              select d.* from ledger.alert_deliveries d
              where d.channel = $1 and d.id < $2 and ($3 = '' or d.state = $3) order by d.id desc limit $4)
            select {Columns}, t.at, t.duration_ms, t.status, t.error, t.response
            from page d left join ledger.alert_delivery_attempts t on t.delivery = d.id order by d.id desc, t.attempt
            """,
            [channel, before ?? long.MaxValue, Words<DeliveryState>.OrNull(state) ?? "", limit],
            row => (Delivery: Read(row), Attempt: AttemptOf(row, 9)),
            cancellation);
        return
        [
            .. rows.GroupBy(row => row.Delivery.Id)
                .Select(ofOne => ofOne.First().Delivery with { Attempts = [.. ofOne.Select(row => row.Attempt).OfType<DeliveryAttempt>()] }),
        ];
    }

    /// <summary>A page of the alerts that an account was sent, and how many there are in all.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<(IReadOnlyList<Notification> Page, int Total)> NotificationsAsync(
        NotificationQuery query, CancellationToken cancellation = default)
    {
        var rows = await dataSource.QueryAsync(
            """
            with sent as materialized (
              select d.* from ledger.alert_deliveries d
              where d.account_id = $1 and d.alert_position is not null and d.created_at >= $2 and d.created_at < $3
                and d.state <> 'withdrawn' and d.channel = coalesce($4::bigint, d.channel) and (d.state = 'failed') = coalesce($5::boolean, d.state = 'failed')
                and ($8::text is null or exists (
                  select from ledger.alerts a join ledger.session_list s on s.account_id = a.account_id and s.session_id = a.session_id
                  where a.position = d.alert_position and s.project = $8))),
            page as (select * from sent order by created_at desc, id desc limit $6 offset $7)
            select d.id, d.channel, c.url, d.state, d.alert_position, d.check_id, d.check_type, d.sequence_id, d.report_id,
              t.at, t.duration_ms, t.status, t.error, t.response, (select count(*)::int from sent)
            from (values (1)) one left join page d on true left join ledger.alert_channels c on c.number = d.channel
            left join ledger.alert_delivery_attempts t on t.delivery = d.id and t.attempt = d.attempts
            order by d.created_at desc, d.id desc
            """,
            [
                query.AccountId, query.From, query.To ?? DateTimeOffset.MaxValue, query.Channel, query.HasFailed, query.Limit, query.Offset,
                query.Project,
            ],
            row => (
                Total: row.GetInt32(14),
                Sent: row.IsDBNull(0) ? null : new Notification(
                    row.GetInt64(0),
                    row.GetInt64(1),
                    new Uri(row.GetString(2)),
                    Words<DeliveryState>.Read(row.GetString(3)),
                    AttemptOf(row, 9),
                    row.GetInt64(4),
                    row.GetGuid(5),
                    row.GetString(6),
                    row.GetGuid(7),
                    row.GetFieldValue<Guid?>(8))),
            cancellation);
        return ([.. rows.Select(row => row.Sent).OfType<Notification>()], rows[0].Total);
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

/// <summary>What became of a delivery.</summary>
public enum DeliveryState
{
    /// <summary>It is to be sent, for the first time or again.</summary>
    Open,

    /// <summary>The receiver took it.</summary>
    Delivered,

    /// <summary>It was given up.</summary>
    Failed,

    /// <summary>It was not to be sent any more: its alert was withdrawn or suppressed (docs/domain.md#p6).</summary>
    Withdrawn,
}

/// <summary>What a channel is, or was, sent.</summary>
/// <param name="Id">Its id.</param>
/// <param name="WebhookId">The same on every attempt.</param>
/// <param name="Event">The event's name.</param>
/// <param name="AlertPosition">The event that decided the alert; null for a test.</param>
/// <param name="State">What became of it.</param>
/// <param name="Reason">Why it failed; null unless it did.</param>
/// <param name="Attempts">The tries so far, in order.</param>
/// <param name="NextAttemptAt">When it is tried next; null unless it is open.</param>
/// <param name="CreatedAt">When its alert became due.</param>
/// <param name="ClosedAt">When it was over; null while it is open.</param>
public sealed record AlertDelivery(
    long Id,
    string WebhookId,
    string Event,
    long? AlertPosition,
    DeliveryState State,
    string? Reason,
    IReadOnlyList<DeliveryAttempt> Attempts,
    DateTimeOffset? NextAttemptAt,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ClosedAt);

/// <summary>
/// Alerts that an account was sent (docs/dialects/checkly.md#alerts): newest first, without tests and without those that were withdrawn.
/// </summary>
/// <param name="AccountId">The tenant.</param>
/// <param name="From">Due at or after this time,</param>
/// <param name="To">and before this one.</param>
/// <param name="Limit">How many on a page.</param>
/// <param name="Offset">How many come before it.</param>
public sealed record NotificationQuery(Guid AccountId, DateTimeOffset From, DateTimeOffset? To, int Limit, long Offset)
{
    /// <summary>Only those of alerts in this project's sessions; those are known once the session list has come as far.</summary>
    public string? Project { get; init; }

    /// <summary>Only those of the channel of this number.</summary>
    public long? Channel { get; init; }

    /// <summary>Only those that failed, or only those that did not.</summary>
    public bool? HasFailed { get; init; }
}

/// <summary>An alert that was sent, or is to be.</summary>
/// <param name="Id">The delivery.</param>
/// <param name="Channel">The channel's number.</param>
/// <param name="Url">Where it is sent.</param>
/// <param name="State">What became of it.</param>
/// <param name="Last">The last try; null before the first.</param>
/// <param name="AlertPosition">The event that decided the alert.</param>
/// <param name="CheckId">The check.</param>
/// <param name="CheckType">Its type.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="ReportId">The report that settled it; null where none did.</param>
public sealed record Notification(
    long Id,
    long Channel,
    Uri Url,
    DeliveryState State,
    DeliveryAttempt? Last,
    long AlertPosition,
    Guid CheckId,
    string CheckType,
    Guid SequenceId,
    Guid? ReportId);
