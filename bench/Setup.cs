using Ledger.Http.Embedded;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ledger.Bench;

/// <summary>How much is measured.</summary>
/// <param name="Window">How long a window is.</param>
/// <param name="Windows">How many windows each row has.</param>
/// <param name="Sustained">How long a sustained load goes on.</param>
/// <param name="Connections">How many of each kind are connected at once.</param>
/// <param name="Events">How many events the read models catch up with.</param>
/// <param name="Results">How many results there are reports over, and how many events there are at most when a cancel is timed.</param>
/// <param name="Sessions">How many sessions the web page is looked at over.</param>
internal sealed record Scale(TimeSpan Window, int Windows, TimeSpan Sustained, int Connections, int Events, int Results, int Sessions);

/// <summary>What a suite measures with: a PostgreSQL of its own, durable as the embedded one of a host is, with the ledger's schema.</summary>
internal sealed record Setup(EmbeddedPostgres Postgres, BenchDatabase Database, string Folder, Scale Scale, Report Report)
{
    public static async Task UseAsync(Scale scale, Report report, Func<Setup, Task> measure)
    {
        var folder = Directory.CreateTempSubdirectory("ledger-bench-").FullName;
        try
        {
            await using var postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions { DataDirectory = folder }, NullLogger.Instance);
            await using var database = await BenchDatabase.CreateAsync(postgres.ConnectionString);
            await measure(new Setup(postgres, database, folder, scale, report));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The ledger's host on it, as it is shipped.</summary>
    public Task<HostProcess> StartHostAsync() => HostProcess.StartAsync(Postgres.ConnectionString, Folder);
}
