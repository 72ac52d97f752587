using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.Daemon;

/// <summary>Single values, typed as Marten's batches need them.</summary>
internal static class SqlValue
{
    /// <summary>A text.</summary>
    public static NpgsqlParameter<string> Of(string value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text };

    /// <summary>A number, such as a position.</summary>
    public static NpgsqlParameter<long> Of(long value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bigint };
}

/// <summary>Parallel arrays for <c>unnest</c>: one parameter for each column, one element for each row.</summary>
internal static class SqlArray
{
    /// <summary>A column of values.</summary>
    public static NpgsqlParameter Of<TRow, T>(IReadOnlyList<TRow> rows, NpgsqlDbType element, Func<TRow, T> value) =>
        new NpgsqlParameter<T[]> { TypedValue = [.. rows.Select(value)], NpgsqlDbType = NpgsqlDbType.Array | element };

    /// <summary>A statement over such columns.</summary>
    public static NpgsqlBatchCommand Command(string sql, NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
