// Measures the ledger next to pgbench on the same server in the same run, and prints the ratios (docs/benchmark.md).
// Usage: dotnet run -c Release --project bench -- [seconds per measurement]
//        dotnet run -c Release --project bench -- live [connections of each kind]
//        dotnet run -c Release --project bench -- catchup [events]
//        dotnet run -c Release --project bench -- reports [results]
using System.Globalization;
using Ledger.Bench;
using Ledger.Bench.CatchUp;
using Ledger.Bench.Live;
using Ledger.Bench.Reports;
using Ledger.Http.Embedded;
using Microsoft.Extensions.Logging.Abstractions;

var mode = args is ["live" or "catchup" or "reports", ..] ? args[0] : null;
var number = args.Length > (mode is null ? 0 : 1) ? int.Parse(args[^1], CultureInfo.InvariantCulture) : (int?)null;
var duration = TimeSpan.FromSeconds(number ?? 10);
var folder = Directory.CreateTempSubdirectory("ledger-bench-").FullName;
try
{
    await using var postgres = await EmbeddedPostgres.StartAsync(
        new EmbeddedPostgresOptions { DataDirectory = folder }, NullLogger.Instance);
    await using var database = await BenchDatabase.CreateAsync(postgres.ConnectionString);
    switch (mode)
    {
        case "live":
            await LiveConnections.RunAsync(postgres.ConnectionString, database, folder, number ?? 1_000);
            return;
        case "catchup":
            await CatchUps.RunAsync(database, number ?? 2_000_000);
            return;
        case "reports":
            await ManyResults.RunAsync(database, number ?? 10_000_000);
            return;
    }

    Console.WriteLine(await Pgbench.RunAsync(postgres, database, clients: 32, duration));
}
finally
{
    Directory.Delete(folder, recursive: true);
}
