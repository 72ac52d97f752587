using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>What the database says about a projection.</summary>
internal sealed record StoredStatus(long Head, long Position, string? Owner, StoppedProjection? Stopped)
{
    private const string Sql = """
        select (select position from ledger.head), coalesce(c.last_seq_id, 0), p.owner, p.stopped_position, p.stopped_error, p.stopped_at
        from unnest($1) with ordinality as asked(name, n)
        left join ledger.mt_event_progression c on c.name = asked.name
        left join ledger.projections p on p.name = asked.name
        order by asked.n
        """;

    /// <summary>In the order of the checkpoints.</summary>
    public static async Task<IReadOnlyList<StoredStatus>> ReadAsync(
        NpgsqlDataSource dataSource, string[] checkpoints, CancellationToken cancellation)
    {
        await using var command = dataSource.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = checkpoints });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var statuses = new List<StoredStatus>();
        while (await reader.ReadAsync(cancellation))
        {
            statuses.Add(new StoredStatus(
                reader.GetInt64(0),
                reader.GetInt64(1),
                reader.GetStringOrNull(2),
                reader.IsDBNull(3)
                    ? null
                    : new StoppedProjection(reader.GetInt64(3), reader.GetString(4), reader.GetFieldValue<DateTimeOffset>(5))));
        }

        return statuses;
    }

    /// <summary>Takes the stop back; false when there was none.</summary>
    public static async Task<bool> ClearStopAsync(NpgsqlDataSource dataSource, string checkpoint, CancellationToken cancellation)
    {
        await using var command = dataSource.CreateCommand(
            """
            update ledger.projections set stopped_position = null, stopped_error = null, stopped_at = null
            where name = $1 and stopped_position is not null
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = checkpoint });
        return await command.ExecuteNonQueryAsync(cancellation) > 0;
    }
}
