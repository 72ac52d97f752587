using System.Diagnostics;
using System.Globalization;
using Ledger.Http.Embedded;
using Ledger.Support;
using Npgsql;

namespace Ledger.Http.Tests.Restoring;

/// <summary>PostgreSQL's client programs, as an operator calls them.</summary>
internal static class PostgresClient
{
    /// <summary>The program on this machine, or null: beside the server, the newest first, then on the path.</summary>
    public static string? Find(string program)
    {
        var installed = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [];
        return installed
            .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var major) ? major : 0)
            .Select(folder => Path.Combine(folder, "bin"))
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>Dumps a database to a file, in the custom format.</summary>
    public static Task DumpAsync(string connectionString, string file) =>
        RunAsync(Find("pg_dump")!, connectionString, "--format=custom", $"--file={file}");

    /// <summary>Restores a file into an empty database.</summary>
    public static Task RestoreAsync(string file, string connectionString) => RunAsync(
        Find("pg_restore")!,
        connectionString,
        "--exit-on-error",
        "--no-owner",
        $"--dbname={new NpgsqlConnectionStringBuilder(connectionString).Database}",
        file);

    private static async Task RunAsync(string program, string connectionString, params IReadOnlyList<string> arguments)
    {
        var target = new NpgsqlConnectionStringBuilder(connectionString);
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false };
        start.Environment["PGHOST"] = target.Host;
        start.Environment["PGPORT"] = target.Port.ToString(CultureInfo.InvariantCulture);
        start.Environment["PGUSER"] = target.Username;
        start.Environment["PGPASSWORD"] = target.Password;
        start.Environment["PGDATABASE"] = target.Database;
        using var process = Process.Start(start)!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, errors);
    }
}

/// <summary>A second cluster, of a test's own: nothing of the first one's transactions, objects or files is in it.</summary>
internal sealed class OtherCluster : IAsyncDisposable
{
    private readonly EmbeddedPostgres server;
    private readonly Caretaker caretaker;

    private OtherCluster(EmbeddedPostgres server, Caretaker caretaker)
    {
        this.server = server;
        this.caretaker = caretaker;
    }

    public static async Task<OtherCluster> StartAsync()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"ledger-restored-{Guid.NewGuid():N}");
        var caretaker = Caretaker.Of(folder);
        return new OtherCluster(
            await EmbeddedPostgres.StartAsync(
                new EmbeddedPostgresOptions { DataDirectory = folder, Durable = false },
                Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance),
            caretaker);
    }

    /// <summary>An empty database in it.</summary>
    public async Task<string> NewDatabaseAsync(string name)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(server.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"create database {name}", connection);
        await command.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = name, MaxPoolSize = 40 }.ConnectionString;
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        caretaker.CleanUp();
    }
}
