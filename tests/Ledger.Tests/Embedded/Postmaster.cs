using Ledger.Embedded;
using Npgsql;

namespace Ledger.Tests.Embedded;

/// <summary>What these tests do to a server and ask of it.</summary>
internal static class Postmaster
{
    internal static void Kill(int processId)
    {
        using var process = System.Diagnostics.Process.GetProcessById(processId);
        process.Kill();
    }

    internal static bool IsRunning(int processId) => PostmasterProcess.IsAlive(processId);

    internal static Task WriteRowAsync(EmbeddedPostgres postgres) =>
        AskAsync(postgres, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('kept')");

    internal static Task<object?> ReadRowAsync(EmbeddedPostgres postgres) => AskAsync(postgres, "SELECT word FROM kept");

    internal static async Task<object?> AskAsync(EmbeddedPostgres postgres, string sql)
    {
        await using var connection = new NpgsqlConnection(postgres.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
