using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.AlertChannels;

/// <summary>Parameters that may be null.</summary>
internal static class Optional
{
    public static NpgsqlParameter Of(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
