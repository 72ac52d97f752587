using System.Text.Json;
using Marten;
using Wolverine.Attributes;

namespace Ledger.Projections.AlertChannels;

/// <summary>There is something to send: the next try of one delivery. Whoever handles it looks at the delivery, which is the truth.</summary>
/// <param name="Delivery">The delivery's id.</param>
/// <param name="Waits">How often it was put off because its receiver had as many at once as it may get.</param>
[MessageIdentity("deliver-alert")]
public sealed record DeliverAlert(long Delivery, int Waits = 0);

/// <summary>A delivery that is to be sent, as it stands now.</summary>
/// <param name="Id">The delivery.</param>
/// <param name="AccountId">The tenant.</param>
/// <param name="Channel">The channel's number.</param>
/// <param name="Url">Where to.</param>
/// <param name="Receiver">Host and port, as hosts share their attention.</param>
/// <param name="WebhookId">The same on every attempt (docs/domain.md#p14).</param>
/// <param name="Payload">The same on every attempt, byte by byte.</param>
/// <param name="Secrets">What to sign with, as it is kept (<see cref="WebhookSecret.Open"/>), the current one first.</param>
/// <param name="Attempts">How often it was tried before.</param>
/// <param name="NextAttemptAt">Not before this time, by the ledger's clock.</param>
/// <param name="IsWithdrawn">The alert was withdrawn or suppressed: nothing may be sent (docs/domain.md#p6).</param>
public sealed record OpenDelivery(
    long Id,
    Guid AccountId,
    long Channel,
    Uri Url,
    string Receiver,
    string WebhookId,
    string Payload,
    IReadOnlyList<string> Secrets,
    int Attempts,
    DateTimeOffset NextAttemptAt,
    bool IsWithdrawn);

/// <summary>One try to deliver.</summary>
/// <param name="At">When it began.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Status">The receiver's answer; null when there was none.</param>
/// <param name="Error">Why there was none.</param>
/// <param name="Response">The beginning of the answer's body.</param>
public sealed record DeliveryAttempt(DateTimeOffset At, TimeSpan Duration, int? Status, string? Error, string? Response);

/// <summary>
/// The deliveries, as who sends them reads and writes them. What is written is queued, for the transaction that also keeps the message of
/// the next try.
/// </summary>
public sealed class Deliveries(NpgsqlDataSource dataSource)
{
    // Two hosts may be at one delivery when one of them was believed dead: only a try that nobody else has recorded counts. That it arrived is
    // so, whoever says it.
    private const string RecordSql = """
        with given as (
          select * from jsonb_to_record(?::jsonb) as g(
            id bigint, attempts int, state text, reason text, next_at timestamptz, at timestamptz, duration int, status int, error text, response text)),
        recorded as (
          update ledger.alert_deliveries d set
            state = g.state, reason = g.reason, next_attempt_at = g.next_at, attempts = d.attempts + 1,
            closed_at = case when g.state = 'open' then null else g.at + make_interval(secs => g.duration / 1000.0) end
          from given g
          where d.id = g.id and case when g.state = 'delivered' then d.state <> 'delivered' else d.state = 'open' and d.attempts = g.attempts end
          returning d.id, d.attempts)
        insert into ledger.alert_delivery_attempts (delivery, attempt, at, duration_ms, status, error, response)
        select r.id, r.attempts, g.at, g.duration, g.status, g.error, g.response from recorded r cross join given g
        """;

    private const string DisableSql = """
        with given as (select ?::bigint as channel, ?::timestamptz as at, ?::text as url),
        disabled as (
          update ledger.mt_doc_alertchannel c set mt_version = gen_random_uuid(), mt_last_modified = now(), data = data || jsonb_build_object(
            'disabledAt', g.at, 'updatedAt', g.at, 'disabledReason', 'the receiver answered 410 Gone')
          from given g
          where c.id = g.channel and data -> 'target' ->> 'url' = g.url and data ->> 'disabledAt' is null and not mt_deleted returning c.id as number, g.at)
        update ledger.alert_deliveries d set state = 'failed', reason = 'channelDisabled', closed_at = disabled.at
        from disabled where d.channel = disabled.number and d.state = 'open'
        """;

    /// <summary>A delivery that is to be sent; null when it is none any more, or its channel is sent nothing.</summary>
    /// <param name="id">The delivery.</param>
    /// <param name="now">The present, by the ledger's clock.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<OpenDelivery?> FindOpenAsync(long id, DateTimeOffset now, CancellationToken cancellation) => (await dataSource.QueryAsync(
        """
        select d.id, c.number, c.url, c.host, d.webhook_id, d.payload,
          array(select s.secret ->> 'secret' from jsonb_array_elements(c.secrets) with ordinality s(secret, nth)
            where coalesce((s.secret ->> 'validUntil')::timestamptz > $2, true) order by s.nth),
          d.attempts, d.next_attempt_at, coalesce(a.state in ('withdrawn', 'suppressed'), false), d.account_id
        from ledger.alert_deliveries d join ledger.alert_channels c on c.number = d.channel and not c.is_deleted and c.disabled_at is null
        left join ledger.alerts a on a.position = d.alert_position
        where d.id = $1 and d.state = 'open'
        """,
        [id, now],
        row => new OpenDelivery(
            row.GetInt64(0),
            row.GetGuid(10),
            row.GetInt64(1),
            new Uri(row.GetString(2)),
            row.GetString(3),
            row.GetString(4),
            row.GetString(5),
            row.GetFieldValue<string[]>(6),
            row.GetInt32(7),
            row.GetFieldValue<DateTimeOffset>(8),
            row.GetBoolean(9)),
        cancellation)).SingleOrDefault();

    /// <summary>Has a channel sent something that no alert brought about, to try it out.</summary>
    /// <returns>The delivery, as it is once the documents are saved.</returns>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<AlertDelivery> AddTestAsync(
        IDocumentOperations documents,
        Guid accountId,
        long channel,
        string webhookId,
        string payload,
        DateTimeOffset now,
        CancellationToken cancellation)
    {
        await using var number = dataSource.CreateCommand("select nextval('ledger.alert_deliveries_id_seq')");
        var id = (long)(await number.ExecuteScalarAsync(cancellation))!;
        documents.QueueSqlCommand(
            """
            insert into ledger.alert_deliveries (id, channel, account_id, webhook_id, event, payload, created_at, next_attempt_at)
            values (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            id,
            channel,
            accountId,
            webhookId,
            AlertEvents.Test,
            payload,
            now,
            now);
        return new AlertDelivery(id, webhookId, AlertEvents.Test, null, DeliveryState.Open, null, [], now, now, null);
    }

    /// <summary>Records a try: the receiver took it, or it is tried again, or it was tried often enough.</summary>
    /// <param name="documents">Where it is queued.</param>
    /// <param name="delivery">The delivery, as it stood before the try.</param>
    /// <param name="attempt">How it went.</param>
    /// <param name="state">What became of it.</param>
    /// <param name="reason">Why it failed; null unless it did.</param>
    /// <param name="nextAttemptAt">When it is tried again; null unless it is.</param>
    public static void Record(
        IDocumentOperations documents,
        OpenDelivery delivery,
        DeliveryAttempt attempt,
        DeliveryState state,
        string? reason = null,
        DateTimeOffset? nextAttemptAt = null) => documents.QueueSqlCommand(
        RecordSql,
        JsonSerializer.Serialize(new
        {
            id = delivery.Id,
            attempts = delivery.Attempts,
            state = Words<DeliveryState>.Of(state),
            reason,
            next_at = nextAttemptAt ?? attempt.At,
            at = attempt.At,
            duration = (int)attempt.Duration.TotalMilliseconds,
            status = attempt.Status,
            error = attempt.Error,
            response = attempt.Response,
        }));

    /// <summary>The receiver is gone for good: the channel is disabled, unless its address has changed, and all that it was owed is given up.</summary>
    public static void Gone(IDocumentOperations documents, OpenDelivery delivery, DeliveryAttempt attempt)
    {
        Record(documents, delivery, attempt, DeliveryState.Failed, "gone");
        documents.QueueSqlCommand(DisableSql, delivery.Channel, attempt.At, delivery.Url.AbsoluteUri);
    }

    /// <summary>It must not be sent: its alert was withdrawn or suppressed.</summary>
    public static void Withdraw(IDocumentOperations documents, OpenDelivery delivery, DateTimeOffset now) => documents.QueueSqlCommand(
        "update ledger.alert_deliveries set state = 'withdrawn', closed_at = ? where id = ? and state = 'open'", now, delivery.Id);

    /// <summary>Forgets deliveries that were over before a time, with their tries.</summary>
    /// <param name="before">The time.</param>
    /// <param name="limit">How many at most.</param>
    /// <returns>How many.</returns>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<int> ForgetAsync(DateTimeOffset before, int limit, CancellationToken cancellation)
    {
        await using var command = dataSource.CreateCommand(
            """
            with old as (
              select id from ledger.alert_deliveries where closed_at < $1 order by closed_at limit $2 for update skip locked),
            tries as (delete from ledger.alert_delivery_attempts using old where delivery = old.id)
            delete from ledger.alert_deliveries d using old where d.id = old.id
            """);
        command.Parameters.AddWithValue(before);
        command.Parameters.AddWithValue(limit);
        return await command.ExecuteNonQueryAsync(cancellation);
    }
}
