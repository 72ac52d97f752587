namespace Ledger.Projections;

/// <summary>Statements with their values, as <c>$1</c> and so on, and what they find. A statement says itself how many rows there are at most.</summary>
internal static class Sql
{
    /// <summary>A statement for a batch.</summary>
    public static NpgsqlBatchCommand Of(string sql, params object?[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddRange(Parameters(values));
        return command;
    }

    /// <summary>A statement for some rows; none for no rows.</summary>
    public static IEnumerable<NpgsqlBatchCommand> ForAny<T>(IEnumerable<T> rows, Func<IReadOnlyList<T>, NpgsqlBatchCommand> write) =>
        rows.ToList() is { Count: > 0 } some ? [write(some)] : [];

    /// <summary>Runs a statement, and gives the number of rows that it has changed.</summary>
    public static async Task<int> ExecuteAsync(this NpgsqlConnection connection, string sql, object?[] values, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(Parameters(values));
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Runs statements in one round trip.</summary>
    public static async Task ExecuteAsync(this NpgsqlConnection connection, IReadOnlyList<NpgsqlBatchCommand> statements, CancellationToken cancellation)
    {
        if (statements.Count > 0)
        {
            await using var batch = new NpgsqlBatch(connection);
            statements.ToList().ForEach(batch.BatchCommands.Add);
            await batch.ExecuteNonQueryAsync(cancellation);
        }
    }

    /// <summary>The one value that a statement finds; the default where it finds none.</summary>
    public static async Task<T?> ScalarAsync<T>(this NpgsqlConnection connection, string sql, object?[] values, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(Parameters(values));
        return await command.ExecuteScalarAsync(cancellation) is T found ? found : default;
    }

    /// <summary>All rows that a statement of ever the same wording finds; it is prepared.</summary>
    public static async Task<List<T>> QueryAsync<T>(
        this NpgsqlConnection connection, string sql, object?[] values, Func<NpgsqlDataReader, T> read, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(Parameters(values));
        await command.PrepareAsync(cancellation);
        return await command.ReadAllAsync(read, cancellation);
    }

    /// <summary>All rows that a statement finds, on a connection of its own.</summary>
    public static async Task<List<T>> QueryAsync<T>(
        this NpgsqlDataSource dataSource, string sql, object?[] values, Func<NpgsqlDataReader, T> read, CancellationToken cancellation)
    {
        await using var command = dataSource.CreateCommand(sql);
        command.Parameters.AddRange(Parameters(values));
        return await command.ReadAllAsync(read, cancellation);
    }

    /// <summary>The same as records (<see cref="Record{T}"/>).</summary>
    public static async Task<List<T>> QueryAsync<T>(this NpgsqlDataSource dataSource, string sql, object?[] values, CancellationToken cancellation)
    {
        await using var command = dataSource.CreateCommand(sql);
        command.Parameters.AddRange(Parameters(values));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAllAsync<T>(cancellation);
    }

    /// <summary>All rows that a command finds.</summary>
    public static async Task<List<T>> ReadAllAsync<T>(
        this NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancellation)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAllAsync(read, cancellation);
    }

    /// <summary>All rows of the present result; the next one follows.</summary>
    public static async Task<List<T>> ReadAllAsync<T>(
        this NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken cancellation)
    {
        var found = new List<T>();
        while (await reader.ReadAsync(cancellation))
        {
            found.Add(read(reader));
        }

        await reader.NextResultAsync(cancellation);
        return found;
    }

    /// <summary>The same as records (<see cref="Record{T}"/>).</summary>
    public static Task<List<T>> ReadAllAsync<T>(this NpgsqlDataReader reader, CancellationToken cancellation) =>
        reader.ReadAllAsync(Record<T>.From(reader), cancellation);

    /// <summary>A page of a list, as records: the statement finds one row more than it has room for, which tells whether there is a next one.</summary>
    /// <returns>The page, and the place after its last entry; null when that is the last one of all.</returns>
    public static async Task<(IReadOnlyList<T> Page, TPlace? Next)> ReadPageAsync<T, TPlace>(
        this NpgsqlCommand command, int limit, Func<T, TPlace> placeOf, CancellationToken cancellation)
        where TPlace : struct
    {
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = await reader.ReadAllAsync<T>(cancellation);
        if (found.Count <= limit)
        {
            return (found, null);
        }

        found.RemoveRange(limit, found.Count - limit);
        return (found, placeOf(found[^1]));
    }

    /// <summary>Holds a list to its bounds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit or the offset is out of its range.</exception>
    public static void RejectBeyond(int limit, int maximum, long offset = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, maximum);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
    }

    /// <summary>A text that may be null; of values, <c>GetFieldValue&lt;T?&gt;</c> reads them already.</summary>
    public static string? GetStringOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static NpgsqlParameter[] Parameters(object?[] values) => [.. values.Select(value => new NpgsqlParameter { Value = value ?? DBNull.Value })];
}
