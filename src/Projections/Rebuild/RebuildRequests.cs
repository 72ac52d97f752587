namespace Ledger.Projections.Rebuild;

/// <summary>What an administrator asks of rebuilds. Each request and its record are one transaction.</summary>
internal static class RebuildRequests
{
    private const string StartSql = """
        insert into ledger.projection_rebuilds as r (name, state, position, head, started_at, started_by)
        select $1, 'filling', 0, (select coalesce(max(seq_id), 0) from ledger.mt_events), now(), $2
        on conflict (name) do update set state = excluded.state, position = 0, head = excluded.head, started_at = excluded.started_at,
          started_by = excluded.started_by, finished_at = null, differences = null, error = null
        """;

    /// <summary>Has a rebuild begin, unless one is under way.</summary>
    public static Task<RebuildRequest> StartAsync(
        NpgsqlDataSource dataSource, Projection projection, string actor, CancellationToken cancellation) => InTransactionAsync(
        dataSource,
        projection,
        async (connection, _) =>
        {
            await connection.ExecuteAsync(
                [Sql.Of(StartSql, projection.Name, actor), ProjectionAction.Write(projection.Name, ProjectionAction.Rebuild, actor)], cancellation);
            return true;
        },
        cancellation);

    /// <summary>Drops what a finished rebuild keeps, and what a failed one left.</summary>
    public static Task<RebuildRequest> DiscardAsync(
        NpgsqlDataSource dataSource, Projection projection, string actor, CancellationToken cancellation) => InTransactionAsync(
        dataSource,
        projection,
        async (connection, leftSomething) =>
        {
            if (!leftSomething)
            {
                return false;
            }

            var copy = new SecondCopy(projection.Name, ProjectionTables.Of(projection));
            await copy.DropAsync(connection, cancellation);
            await copy.DropOldAsync(connection, cancellation);
            await connection.ExecuteAsync(
                [
                    Sql.Of("update ledger.projection_rebuilds set keeps_old = false where name = $1", projection.Name),
                    ProjectionAction.Write(projection.Name, ProjectionAction.Discard, actor),
                ],
                cancellation);
            return true;
        },
        cancellation);

    private static async Task<RebuildRequest> InTransactionAsync(
        NpgsqlDataSource dataSource,
        Projection projection,
        Func<NpgsqlConnection, bool, Task<bool>> act,
        CancellationToken cancellation)
    {
        if (!ProjectionTables.Of(projection).Exist)
        {
            return RebuildRequest.Nothing;
        }

        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);

        // Of two first requests at once there is no row yet to lock.
        await connection.ExecuteAsync("select pg_advisory_xact_lock(hashtextextended('ledger rebuild requests', 0))", [], cancellation);
        var known = await connection.QueryAsync(
            "select finished_at is null, keeps_old or state = 'failed' from ledger.projection_rebuilds where name = $1 for update",
            [projection.Name],
            row => (IsUnderWay: row.GetBoolean(0), LeftSomething: row.GetBoolean(1)),
            cancellation);
        if (known is [{ IsUnderWay: true }])
        {
            return RebuildRequest.UnderWay;
        }

        var isDone = await act(connection, known is [{ LeftSomething: true }]);
        await transaction.CommitAsync(cancellation);
        return isDone ? RebuildRequest.Accepted : RebuildRequest.Nothing;
    }
}

/// <summary>The row of a rebuild that is under way, as the host that works on it reads and writes it.</summary>
internal sealed class RebuildRecord
{
    private readonly NpgsqlConnection connection;
    private readonly string name;

    private RebuildRecord(NpgsqlConnection connection, NpgsqlDataReader row)
    {
        this.connection = connection;
        name = row.GetString(0);
        Position = row.GetInt64(1);
        Fingerprint = row.GetString(2);
        StartedBy = row.GetString(3);
    }

    /// <summary>How far the second copy has come.</summary>
    public long Position { get; private set; }

    /// <summary>The wording of the schema files that made the second copy; empty before.</summary>
    public string Fingerprint { get; }

    public string StartedBy { get; }

    /// <summary>The rebuild of a projection, to be gone on with; null when none is under way.</summary>
    public static async Task<RebuildRecord?> FindAsync(NpgsqlConnection connection, string name, CancellationToken cancellation) =>
        (await connection.QueryAsync(
            """
            update ledger.projection_rebuilds set state = 'filling' where name = $1 and finished_at is null
            returning name, position, fingerprint, started_by
            """,
            [name],
            row => new RebuildRecord(connection, row),
            cancellation)).SingleOrDefault();

    /// <summary>Begins at the first event, with tables of this wording.</summary>
    public Task RestartAsync(string fingerprint, CancellationToken cancellation)
    {
        Position = 0;
        return WriteAsync("position = 0, fingerprint = $2", cancellation, fingerprint);
    }

    /// <summary>Writes the position; part of the transaction that writes the rows.</summary>
    public Task AdvanceAsync(long through, long head, CancellationToken cancellation)
    {
        Position = through;
        return WriteAsync("position = $2, head = $3", cancellation, through, head);
    }

    /// <summary>Where a transaction that was rolled back leaves it.</summary>
    public void ReturnTo(long position) => Position = position;

    /// <summary>Writes what it is doing, or has come to.</summary>
    public Task WriteAsync(string assignments, CancellationToken cancellation, params object[] values) => connection.ExecuteAsync(
        $"update ledger.projection_rebuilds set {assignments} where name = $1 and finished_at is null", [name, .. values], cancellation);
}

/// <summary>A rebuild.</summary>
/// <param name="Position">How far the new rows have come.</param>
/// <param name="Head">The last event that there is.</param>
/// <param name="StartedAt">When it was asked for, by the database's clock.</param>
/// <param name="StartedBy">Who asked for it.</param>
/// <param name="FinishedAt">When it was done, or failed.</param>
/// <param name="Differences">How many rows only one of both copies had, compared at the same position: 0 when they were equal, 2 for a row that differed, null before they were compared.</param>
/// <param name="Error">Why it failed; null unless it has.</param>
/// <param name="KeepsOld">Whether the rows that it replaced are kept until they are discarded.</param>
public sealed record ProjectionRebuild(
    RebuildState State,
    long Position,
    long Head,
    DateTimeOffset StartedAt,
    string StartedBy,
    DateTimeOffset? FinishedAt,
    long? Differences,
    string? Error,
    bool KeepsOld);

/// <summary>What a rebuild is doing.</summary>
public enum RebuildState
{
    /// <summary>The second copy is made from the first event on.</summary>
    Filling,

    /// <summary>It has caught up and is compared with the rows that serve.</summary>
    Comparing,

    /// <summary>It takes their place.</summary>
    Switching,

    /// <summary>It serves.</summary>
    Done,

    /// <summary>It was given up, and left nothing behind; the rows that served still do.</summary>
    Failed,
}

/// <summary>What came of asking for a rebuild, or for an old copy to be dropped.</summary>
public enum RebuildRequest
{
    /// <summary>It is done, or will be.</summary>
    Accepted,

    /// <summary>A rebuild is under way.</summary>
    UnderWay,

    /// <summary>There is nothing to rebuild, or to drop.</summary>
    Nothing,
}
