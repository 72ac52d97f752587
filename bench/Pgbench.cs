using System.Diagnostics;
using System.Globalization;
using Ledger.Http.Embedded;
using Npgsql;

namespace Ledger.Bench;

/// <summary>The outside reference: PostgreSQL's own benchmark, one event of about 230 bytes in each transaction, a plain sequence.</summary>
internal static class Pgbench
{
    private const string Table =
        """
        create table if not exists pgbench_events (
          position bigserial primary key, id uuid not null, stream_id uuid not null, version bigint not null, data jsonb not null,
          type varchar not null, timestamp timestamptz not null default now(), unique (stream_id, version));
        """;

    private const string Script =
        """
        insert into pgbench_events (id, stream_id, version, data, type) values (gen_random_uuid(), gen_random_uuid(), 1,
          '{"cancelId":"0f6f1c3e-52b8-4b7a-9d55-7f0f0e5f9c11","sequenceId":"5a0f6f4e-6c55-4f0a-8a1d-5a3c9e0c7b21","runnerId":"runner-eu-central-1","at":"2026-08-18T10:53:07.123456Z"}', 'cancel_acknowledged');
        """;

    /// <summary>One window.</summary>
    /// <param name="postgres">The server.</param>
    /// <param name="database">Its database.</param>
    /// <param name="clients">How many at once.</param>
    /// <param name="duration">How long.</param>
    /// <param name="rate">How many transactions begin in a second, times counting from when each should; null for as many as there can be.</param>
    public static async Task<Load> RunAsync(EmbeddedPostgres postgres, BenchDatabase database, int clients, TimeSpan duration, double? rate = null)
    {
        await using (var create = database.Source.CreateCommand(Table))
        {
            await create.ExecuteNonQueryAsync();
        }

        var folder = Directory.CreateTempSubdirectory("ledger-pgbench-").FullName;
        try
        {
            var script = Path.Combine(folder, "insert.sql");
            await File.WriteAllTextAsync(script, Script);
            var connection = new NpgsqlConnectionStringBuilder(postgres.ConnectionString);
            var start = new ProcessStartInfo(ProgramOf(postgres))
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
                ArgumentList =
                {
                    "--no-vacuum", "--protocol=prepared", "--log", $"--client={clients}", "--jobs=2",
                    $"--time={duration.TotalSeconds:0}", $"--file={script}", $"--host={connection.Host}", $"--port={connection.Port}",
                    $"--username={connection.Username}", connection.Database!,
                },
                Environment = { ["PGPASSWORD"] = connection.Password },
            };
            if (rate is not null)
            {
                start.ArgumentList.Insert(0, string.Create(CultureInfo.InvariantCulture, $"--rate={rate:0.0}"));
            }

            using var process = Process.Start(start)!;
            var said = process.StandardError.ReadToEndAsync();
            await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0
                ? new Load(duration, Latencies(folder))
                : throw new InvalidOperationException($"pgbench failed: {await said}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string ProgramOf(EmbeddedPostgres postgres)
    {
        var beside = Path.Combine(postgres.BinDirectory, "pgbench");
        return File.Exists(beside) ? beside : "pgbench";
    }

    /// <summary>Each line of its log has the transaction's time in microseconds as the third word.</summary>
    private static List<TimeSpan> Latencies(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "pgbench_log.*")
            .SelectMany(File.ReadLines)
            .Select(line => TimeSpan.FromMicroseconds(double.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture))),
    ];
}
