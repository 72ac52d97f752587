using Npgsql;

namespace Ledger.Projections.AlertChannels;

/// <summary>The table <c>alert_channel_secrets</c>, as it is written.</summary>
internal static class ChannelSecrets
{
    /// <summary>How long a secret still signs beside the one that replaced it.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromHours(24);

    /// <summary>Secrets that sign at once: as many signatures stand in one header.</summary>
    private const int MostAtOnce = 5;

    /// <summary>
    /// Makes a secret the current one. The one before goes on signing for <see cref="Overlap"/>; of many in that time the newest few do.
    /// The channel's row is locked by the caller's transaction.
    /// </summary>
    public static async Task RotateAsync(
        NpgsqlConnection connection, long channel, string secret, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        Add(
            batch,
            "update ledger.alert_channel_secrets set valid_until = $3 where channel = $1 and valid_until is null and secret <> $2",
            channel,
            secret,
            now + Overlap);
        Add(
            batch,
            """
            insert into ledger.alert_channel_secrets (channel, secret, created_at)
            select $1, $2, $3 where not exists (
              select from ledger.alert_channel_secrets where channel = $1 and valid_until is null)
            """,
            channel,
            secret,
            now);
        Add(
            batch,
            """
            delete from ledger.alert_channel_secrets s where channel = $1 and (valid_until <= $2 or id not in (
              select id from ledger.alert_channel_secrets where channel = $1 order by id desc limit $3))
            """,
            channel,
            now,
            MostAtOnce);
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    private static void Add(NpgsqlBatch batch, string sql, params IReadOnlyList<object> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.AddWithValue(value);
        }

        batch.BatchCommands.Add(command);
    }
}
