using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>
/// Where a projection's tables are. What a projection runs names them without a schema, so that the same statements fill the tables that
/// serve and a second copy of them; readers name <see cref="Live"/>.
/// </summary>
internal static class ProjectionSchema
{
    /// <summary>The schema of the tables that serve.</summary>
    public const string Live = "ledger";

    /// <summary>Has a connection find tables in a schema, until it goes back to the pool.</summary>
    public static async Task UseAsync(NpgsqlConnection connection, string schema, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select set_config('search_path', $1, false)", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = schema });
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
