using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>Columns that may be null; of values, <c>GetFieldValue&lt;T?&gt;</c> reads them already.</summary>
internal static class NullableColumns
{
    public static string? GetStringOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
