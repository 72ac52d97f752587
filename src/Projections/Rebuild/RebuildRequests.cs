using Ledger.Projections.Daemon;
using Npgsql;

namespace Ledger.Projections.Rebuild;

/// <summary>What an administrator asks of rebuilds. Each request and its record are one transaction.</summary>
internal static class RebuildRequests
{
    private const string FindSql = """
        select finished_at is null, keeps_old or state = 'failed'
        from ledger.projection_rebuilds where name = $1 for update
        """;

    private const string StartSql = """
        insert into ledger.projection_rebuilds as r (name, state, position, head, started_at, started_by)
        select $1, 'filling', 0, (select coalesce(max(seq_id), 0) from ledger.mt_events), now(), $2
        on conflict (name) do update set state = excluded.state, position = 0, head = excluded.head, started_at = excluded.started_at,
          started_by = excluded.started_by, finished_at = null, differences = null, error = null
        """;

    private const string DiscardSql = "update ledger.projection_rebuilds set keeps_old = false where name = $1";

    /// <summary>Has a rebuild begin, unless one is under way.</summary>
    public static Task<RebuildRequest> StartAsync(
        NpgsqlDataSource dataSource, Projection projection, string actor, CancellationToken cancellation) => InTransactionAsync(
        dataSource,
        projection,
        async (connection, known) =>
        {
            if (known is { IsUnderWay: true })
            {
                return RebuildRequest.UnderWay;
            }

            await ExecuteAsync(connection, StartSql, cancellation, projection.Name, actor);
            await RecordAsync(connection, projection, ProjectionAction.Rebuild, actor, cancellation);
            return RebuildRequest.Accepted;
        },
        cancellation);

    /// <summary>Drops what a finished rebuild keeps, and what a failed one left.</summary>
    public static Task<RebuildRequest> DiscardAsync(
        NpgsqlDataSource dataSource, Projection projection, string actor, CancellationToken cancellation) => InTransactionAsync(
        dataSource,
        projection,
        async (connection, known) =>
        {
            switch (known)
            {
                case null or { IsUnderWay: false, LeftSomething: false }:
                    return RebuildRequest.Nothing;
                case { IsUnderWay: true }:
                    return RebuildRequest.UnderWay;
            }

            var copy = new SecondCopy(projection.Name, ProjectionTables.Of(projection));
            await copy.DropAsync(connection, cancellation);
            await copy.DropOldAsync(connection, cancellation);
            await ExecuteAsync(connection, DiscardSql, cancellation, projection.Name);
            await RecordAsync(connection, projection, ProjectionAction.Discard, actor, cancellation);
            return RebuildRequest.Accepted;
        },
        cancellation);

    private static async Task<RebuildRequest> InTransactionAsync(
        NpgsqlDataSource dataSource,
        Projection projection,
        Func<NpgsqlConnection, (bool IsUnderWay, bool LeftSomething)?, Task<RebuildRequest>> act,
        CancellationToken cancellation)
    {
        if (!ProjectionTables.Of(projection).Exist)
        {
            return RebuildRequest.Nothing;
        }

        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var answer = await act(connection, await FindAsync(connection, projection, cancellation));
        await transaction.CommitAsync(cancellation);
        return answer;
    }

    private static async Task<(bool IsUnderWay, bool LeftSomething)?> FindAsync(
        NpgsqlConnection connection, Projection projection, CancellationToken cancellation)
    {
        // Of two first requests at once there is no row yet to lock.
        await ExecuteAsync(connection, "select pg_advisory_xact_lock(hashtextextended('ledger rebuild requests', 0))", cancellation);
        await using var command = new NpgsqlCommand(FindSql, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = projection.Name });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? (reader.GetBoolean(0), reader.GetBoolean(1)) : null;
    }

    private static async Task RecordAsync(
        NpgsqlConnection connection, Projection projection, string action, string actor, CancellationToken cancellation)
    {
        await using var record = ProjectionAction.Write(connection, projection.Name, action, actor, null, null, null);
        await record.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task ExecuteAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellation, params string[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = value });
        }

        await command.ExecuteNonQueryAsync(cancellation);
    }
}
