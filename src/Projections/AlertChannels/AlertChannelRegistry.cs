using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.AlertChannels;

/// <summary>The channels of all accounts. Of secrets it gives none away: what signs reads them with the delivery.</summary>
/// <param name="dataSource">The database.</param>
public sealed class AlertChannelRegistry(NpgsqlDataSource dataSource)
{
    /// <summary>Channels of one account.</summary>
    public const int MaximumChannels = 500;

    private const string Columns = "number, id, url, events, check_ids, created_at, updated_at, disabled_at, disabled_reason";

    private const string Of = "account_id = $1 and id = $2 and deleted_at is null";

    private const string PutSql = $"""
        insert into ledger.alert_channels as c (account_id, id, url, host, events, check_ids, active_after, created_at, updated_at)
        select $1, $2, $3, $4, $5, $6, $7, $8, $8
        where exists (select from ledger.alert_channels where {Of})
          or (select count(*) from ledger.alert_channels where account_id = $1 and deleted_at is null) < $9
        on conflict (account_id, id) where deleted_at is null do update set
          url = excluded.url, host = excluded.host, events = excluded.events, check_ids = excluded.check_ids, updated_at = excluded.updated_at
        returning {Columns}, xmax = 0
        """;

    /// <summary>Makes a channel, or changes what it is sent and where.</summary>
    /// <param name="accountId">The tenant.</param>
    /// <param name="id">Its name.</param>
    /// <param name="target">What it is sent, and where.</param>
    /// <param name="secret">Signs from now on, and the one before for a while; null keeps the secret that is there.</param>
    /// <param name="fresh">Signs when the channel is new and <paramref name="secret"/> is null.</param>
    /// <param name="head">The head of the log: a new channel is sent what comes after it.</param>
    /// <param name="now">The present.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <returns>The channel, and whether it is new; null when the account has <see cref="MaximumChannels"/> others.</returns>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<(AlertChannel Channel, bool IsNew)?> PutAsync(
        Guid accountId,
        string id,
        AlertChannelTarget target,
        string? secret,
        string fresh,
        long head,
        DateTimeOffset now,
        CancellationToken cancellation = default)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        AlertChannel channel;
        bool isNew;
        await using (var command = new NpgsqlCommand(PutSql, connection))
        {
            Named(command, accountId, id);
            command.Parameters.AddWithValue(target.Url.AbsoluteUri);
            command.Parameters.AddWithValue(target.Url.Authority);
            command.Parameters.AddWithValue(target.Events.ToArray());
            command.Parameters.Add(Optional.Of(target.CheckIds?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Uuid));
            command.Parameters.AddWithValue(head);
            command.Parameters.AddWithValue(now);
            command.Parameters.AddWithValue(MaximumChannels);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            if (!await reader.ReadAsync(cancellation))
            {
                return null;
            }

            (channel, isNew) = (Read(reader), reader.GetBoolean(9));
        }

        if (secret is not null || isNew)
        {
            await ChannelSecrets.RotateAsync(connection, channel.Number, secret ?? fresh, now, cancellation);
        }

        await transaction.CommitAsync(cancellation);
        return (channel, isNew);
    }

    /// <summary>The channel of that name; null when the account has none.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<AlertChannel?> FindAsync(Guid accountId, string id, CancellationToken cancellation = default) =>
        OneAsync($"select {Columns} from ledger.alert_channels where {Of}", accountId, id, [], cancellation);

    /// <summary>All channels of the account, by name.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<AlertChannel>> ListAsync(Guid accountId, CancellationToken cancellation = default)
    {
        await using var command = dataSource.CreateCommand(
            $"select {Columns} from ledger.alert_channels where account_id = $1 and deleted_at is null order by id");
        command.Parameters.AddWithValue(accountId);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var channels = new List<AlertChannel>();
        while (await reader.ReadAsync(cancellation))
        {
            channels.Add(Read(reader));
        }

        return channels;
    }

    /// <summary>Has a channel sent alerts again, from the head of the log on; nothing changes for one that is enabled.</summary>
    /// <returns>The channel; null when the account has none of that name.</returns>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<AlertChannel?> EnableAsync(
        Guid accountId, string id, long head, DateTimeOffset now, CancellationToken cancellation = default) => OneAsync(
        $"""
        update ledger.alert_channels set
          active_after = case when disabled_at is null then active_after else $3 end,
          updated_at = case when disabled_at is null then updated_at else $4 end, disabled_at = null, disabled_reason = null
        where {Of} returning {Columns}
        """,
        accountId,
        id,
        [head, now],
        cancellation);

    /// <summary>Deletes a channel and its secrets. What was still to be sent is given up; what was sent stays readable.</summary>
    /// <returns>False when the account has none of that name.</returns>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<bool> RemoveAsync(Guid accountId, string id, DateTimeOffset now, CancellationToken cancellation = default)
    {
        await using var command = dataSource.CreateCommand(
            $"""
            with gone as (update ledger.alert_channels set deleted_at = $3 where {Of} returning number),
            secrets as (delete from ledger.alert_channel_secrets s using gone where s.channel = gone.number),
            deliveries as (
              update ledger.alert_deliveries d set state = 'failed', reason = 'channelDeleted', closed_at = $3
              from gone where d.channel = gone.number and d.state = 'open')
            select count(*) from gone
            """);
        Named(command, accountId, id);
        command.Parameters.AddWithValue(now);
        return await command.ExecuteScalarAsync(cancellation) is 1L;
    }

    /// <summary>Has a channel's webhooks signed with another secret, and for a while with the one before as well.</summary>
    /// <returns>Until when the one before is valid; null when the account has no channel of that name.</returns>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<DateTimeOffset?> RotateSecretAsync(
        Guid accountId, string id, string secret, DateTimeOffset now, CancellationToken cancellation = default)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using (var command = new NpgsqlCommand($"select number from ledger.alert_channels where {Of} for update", connection))
        {
            Named(command, accountId, id);
            if (await command.ExecuteScalarAsync(cancellation) is not long number)
            {
                return null;
            }

            await ChannelSecrets.RotateAsync(connection, number, secret, now, cancellation);
        }

        await transaction.CommitAsync(cancellation);
        return now + ChannelSecrets.Overlap;
    }

    private static void Named(NpgsqlCommand command, Guid accountId, string id)
    {
        command.Parameters.AddWithValue(accountId);
        command.Parameters.AddWithValue(id);
    }

    private static AlertChannel Read(NpgsqlDataReader row) => new(
        row.GetInt64(0),
        row.GetString(1),
        new AlertChannelTarget(
            new Uri(row.GetString(2)), row.GetFieldValue<string[]>(3), row.IsDBNull(4) ? null : row.GetFieldValue<Guid[]>(4)),
        row.GetFieldValue<DateTimeOffset>(5),
        row.GetFieldValue<DateTimeOffset>(6),
        row.GetFieldValue<DateTimeOffset?>(7),
        row.IsDBNull(8) ? null : row.GetString(8));

    private async Task<AlertChannel?> OneAsync(
        string sql, Guid accountId, string id, IReadOnlyList<object> values, CancellationToken cancellation)
    {
        await using var command = dataSource.CreateCommand(sql);
        Named(command, accountId, id);
        foreach (var value in values)
        {
            command.Parameters.AddWithValue(value);
        }

        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? Read(reader) : null;
    }
}
