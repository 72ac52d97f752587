using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.AlertChannels;

/// <summary>
/// The open deliveries, as several hosts work them off. A host claims what it sends at once, and for so long that the attempt is over by
/// then; the claim ends by the database's clock, so that what a killed host had claimed is taken up by another, which then sends it again:
/// at least once (docs/domain.md#p14).
/// </summary>
/// <param name="dataSource">The database.</param>
public sealed class DeliveryQueue(NpgsqlDataSource dataSource)
{
    // For each channel the few that are due longest; then, over all channels of one receiver, as many as it has room for. A row that
    // another host is just claiming is passed by.
    private const string ClaimSql = """
        with candidates as (
          select due.id, due.next_attempt_at, c.host, row_number() over (partition by c.host order by due.next_attempt_at, due.id) as nth
          from ledger.alert_channels c cross join lateral (
            select d.id, d.next_attempt_at from ledger.alert_deliveries d
            where d.channel = c.number and d.state = 'open' and d.next_attempt_at <= $1
              and (d.claimed_until is null or d.claimed_until <= clock_timestamp())
            order by d.next_attempt_at, d.id limit $2 for update skip locked) due
          where not c.is_deleted and c.disabled_at is null),
        chosen as (
          select candidates.id from candidates left join unnest($3, $4) as busy(host, sends) using (host)
          where nth <= $2 - coalesce(sends, 0) order by nth, next_attempt_at limit $5)
        update ledger.alert_deliveries d set claim = $6, claimed_until = clock_timestamp() + $7
        from chosen, ledger.alert_channels c where d.id = chosen.id and c.number = d.channel
        returning d.id, c.number, c.url, c.host, d.webhook_id, d.payload,
          array(select s.secret ->> 'secret' from jsonb_array_elements(c.secrets) with ordinality s(secret, nth)
            where coalesce((s.secret ->> 'validUntil')::timestamptz > $1, true) order by s.nth),
          d.attempts,
          coalesce((select a.state in ('withdrawn', 'suppressed') from ledger.alerts a where a.position = d.alert_position), false)
        """;

    // Whoever has seen the receiver take it says so, even if the claim has ended meanwhile.
    private const string RecordSql = """
        with recorded as (
          update ledger.alert_deliveries set
            state = $3, reason = $4, next_attempt_at = $5, attempts = attempts + 1, claim = null, claimed_until = null,
            closed_at = case when $3 = 'open' then null else $6 + make_interval(secs => $7 / 1000.0) end
          where id = $1 and case when $3 = 'delivered' then state <> 'delivered' else state = 'open' and claim = $2 end
          returning id, attempts)
        insert into ledger.alert_delivery_attempts (delivery, attempt, at, duration_ms, status, error, response)
        select id, attempts, $6, $7, $8, $9, $10 from recorded
        """;

    /// <summary>Has a channel sent something that no alert brought about, to try it out.</summary>
    /// <returns>The delivery, on its way.</returns>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<AlertDelivery> AddTestAsync(
        Guid accountId, long channel, string webhookId, string payload, DateTimeOffset now, CancellationToken cancellation = default)
    {
        await using var command = dataSource.CreateCommand(
            """
            insert into ledger.alert_deliveries (channel, account_id, webhook_id, event, payload, created_at, next_attempt_at)
            values ($1, $2, $3, $4, $5, $6, $6) returning id
            """);
        command.Parameters.AddWithValue(channel);
        command.Parameters.AddWithValue(accountId);
        command.Parameters.AddWithValue(webhookId);
        command.Parameters.AddWithValue(AlertEvents.Test);
        command.Parameters.AddWithValue(payload);
        command.Parameters.AddWithValue(now);
        var id = (long)(await command.ExecuteScalarAsync(cancellation))!;
        return new AlertDelivery(id, webhookId, AlertEvents.Test, null, DeliveryState.Open, null, [], now, now, null);
    }

    /// <summary>Claims deliveries that are due. Each is sent at once, or released.</summary>
    /// <param name="now">The present, by the ledger's clock.</param>
    /// <param name="lease">How long the claim holds, by the database's clock.</param>
    /// <param name="busy">How many this host is sending to each receiver already.</param>
    /// <param name="perHost">How many it may send to one receiver at once.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<ClaimedDelivery>> ClaimAsync(
        DateTimeOffset now,
        TimeSpan lease,
        IReadOnlyDictionary<string, int> busy,
        int perHost,
        int limit,
        CancellationToken cancellation = default)
    {
        var claim = Guid.NewGuid();
        await using var command = dataSource.CreateCommand(ClaimSql);
        command.Parameters.AddWithValue(now);
        command.Parameters.AddWithValue(perHost);
        command.Parameters.AddWithValue(busy.Keys.ToArray());
        command.Parameters.AddWithValue(busy.Values.ToArray());
        command.Parameters.AddWithValue(limit);
        command.Parameters.AddWithValue(claim);
        command.Parameters.AddWithValue(lease);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var claimed = new List<ClaimedDelivery>();
        while (await reader.ReadAsync(cancellation))
        {
            claimed.Add(new ClaimedDelivery(
                reader.GetInt64(0),
                claim,
                reader.GetInt64(1),
                new Uri(reader.GetString(2)),
                reader.GetString(3),
                reader.GetString(4),
                reader.GetString(5),
                reader.GetFieldValue<string[]>(6),
                reader.GetInt32(7),
                reader.GetBoolean(8)));
        }

        return claimed;
    }

    /// <summary>The receiver took it.</summary>
    /// <returns>False when it was recorded as delivered before.</returns>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<bool> DeliveredAsync(ClaimedDelivery delivery, DeliveryAttempt attempt, CancellationToken cancellation = default) =>
        await RecordAsync([Record(delivery, attempt, DeliveryState.Delivered, null, attempt.At)], cancellation) > 0;

    /// <summary>It is tried again, at that time.</summary>
    /// <returns>False when the claim has ended meanwhile: whoever has it now goes on.</returns>
    /// <inheritdoc cref="DeliveredAsync"/>
    public async Task<bool> PostponedAsync(
        ClaimedDelivery delivery, DeliveryAttempt attempt, DateTimeOffset nextAttemptAt, CancellationToken cancellation = default) =>
        await RecordAsync([Record(delivery, attempt, DeliveryState.Open, null, nextAttemptAt)], cancellation) > 0;

    /// <summary>It was tried often enough.</summary>
    /// <inheritdoc cref="PostponedAsync"/>
    public async Task<bool> GivenUpAsync(ClaimedDelivery delivery, DeliveryAttempt attempt, CancellationToken cancellation = default) =>
        await RecordAsync([Record(delivery, attempt, DeliveryState.Failed, "gaveUp", attempt.At)], cancellation) > 0;

    /// <summary>The receiver is gone for good: the channel is disabled, unless its address has changed, and all that it was owed is given up.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task GoneAsync(ClaimedDelivery delivery, DeliveryAttempt attempt, CancellationToken cancellation = default)
    {
        const string DisableSql = """
            with disabled as (
              update ledger.mt_doc_alertchannel set mt_version = gen_random_uuid(), mt_last_modified = now(), data = data || jsonb_build_object(
                'disabledAt', $2, 'updatedAt', $2, 'disabledReason', 'the receiver answered 410 Gone')
              where id = $1 and data -> 'target' ->> 'url' = $3 and data ->> 'disabledAt' is null and not mt_deleted returning id as number)
            update ledger.alert_deliveries d set state = 'failed', reason = 'channelDisabled', closed_at = $2
            from disabled where d.channel = disabled.number and d.state = 'open'
            """;
        var disable = new NpgsqlBatchCommand(DisableSql);
        disable.Parameters.AddWithValue(delivery.Channel);
        disable.Parameters.AddWithValue(attempt.At);
        disable.Parameters.AddWithValue(delivery.Url.AbsoluteUri);
        return RecordAsync([Record(delivery, attempt, DeliveryState.Failed, "gone", attempt.At), disable], cancellation);
    }

    /// <summary>It must not be sent: its alert was withdrawn or suppressed.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task WithdrawnAsync(ClaimedDelivery delivery, DateTimeOffset now, CancellationToken cancellation = default)
    {
        await using var command = dataSource.CreateCommand(
            """
            update ledger.alert_deliveries set state = 'withdrawn', closed_at = $3, claim = null, claimed_until = null
            where id = $1 and claim = $2 and state = 'open'
            """);
        command.Parameters.AddWithValue(delivery.Id);
        command.Parameters.AddWithValue(delivery.Claim);
        command.Parameters.AddWithValue(now);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Gives a claim back before it ends, for another host to take at once.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task ReleaseAsync(ClaimedDelivery delivery, CancellationToken cancellation = default)
    {
        await using var command = dataSource.CreateCommand(
            "update ledger.alert_deliveries set claim = null, claimed_until = null where id = $1 and claim = $2 and state = 'open'");
        command.Parameters.AddWithValue(delivery.Id);
        command.Parameters.AddWithValue(delivery.Claim);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static NpgsqlBatchCommand Record(
        ClaimedDelivery delivery, DeliveryAttempt attempt, DeliveryState state, string? reason, DateTimeOffset nextAttemptAt)
    {
        var command = new NpgsqlBatchCommand(RecordSql);
        command.Parameters.AddWithValue(delivery.Id);
        command.Parameters.AddWithValue(delivery.Claim);
        command.Parameters.AddWithValue(Words<DeliveryState>.Of(state));
        command.Parameters.Add(Optional.Of(reason, NpgsqlDbType.Text));
        command.Parameters.AddWithValue(nextAttemptAt);
        command.Parameters.AddWithValue(attempt.At);
        command.Parameters.AddWithValue((int)attempt.Duration.TotalMilliseconds);
        command.Parameters.Add(Optional.Of(attempt.Status, NpgsqlDbType.Integer));
        command.Parameters.Add(Optional.Of(attempt.Error, NpgsqlDbType.Text));
        command.Parameters.Add(Optional.Of(attempt.Response, NpgsqlDbType.Text));
        return command;
    }

    private async Task<int> RecordAsync(IReadOnlyList<NpgsqlBatchCommand> statements, CancellationToken cancellation)
    {
        await using var batch = dataSource.CreateBatch();
        foreach (var statement in statements)
        {
            batch.BatchCommands.Add(statement);
        }

        await batch.ExecuteNonQueryAsync(cancellation);
        return (int)statements[0].Rows;
    }
}
