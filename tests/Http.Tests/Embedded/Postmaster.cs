using System.Diagnostics;
using Ledger.Http.Embedded;
using Npgsql;

namespace Ledger.Http.Tests.Embedded;

/// <summary>What these tests do to a server and ask of it.</summary>
internal static class Postmaster
{
    internal static void Kill(int processId)
    {
        using var process = Process.GetProcessById(processId);
        process.Kill();
    }

    /// <summary>How many PostgreSQL processes name a data directory: programs with their arguments, not the servers' children.</summary>
    internal static async Task<int> CountAsync(string folder, string program = "")
    {
        using var list = Process.Start(new ProcessStartInfo("ps", ["-eo", "args"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var processes = await list.StandardOutput.ReadToEndAsync();
        return processes.Split('\n').Count(process => process.Contains(folder, StringComparison.Ordinal)
            && ((string[])["/postgres ", "/initdb "]).Any(name => process.Contains(name, StringComparison.Ordinal) && name.Contains(program, StringComparison.Ordinal)));
    }

    internal static Task WriteRowAsync(EmbeddedPostgres postgres) =>
        AskAsync(postgres, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('kept')");

    internal static Task<object?> ReadRowAsync(EmbeddedPostgres postgres) => AskAsync(postgres, "SELECT word FROM kept");

    internal static async Task<object?> AskAsync(EmbeddedPostgres postgres, string sql)
    {
        await using var connection = new NpgsqlConnection(postgres.ConnectionString + ";Pooling=false;Command Timeout=0");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
