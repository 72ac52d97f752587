// Measures the ledger next to pgbench on the same server in the same run, and prints the ratios (docs/benchmark.md).
// Usage: dotnet run -c Release --project bench -- [seconds per measurement]
using System.Globalization;
using Ledger.Bench;
using Ledger.Embedded;
using Microsoft.Extensions.Logging.Abstractions;

var duration = TimeSpan.FromSeconds(args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10);
var folder = Directory.CreateTempSubdirectory("ledger-bench-").FullName;
try
{
    await using var postgres = await EmbeddedPostgres.StartAsync(
        new EmbeddedPostgresOptions { DataDirectory = folder }, NullLogger.Instance);
    await using var database = await BenchDatabase.CreateAsync(postgres.ConnectionString);

    var reference = await Pgbench.RunAsync(postgres, database, clients: 32, duration);
    Console.WriteLine(reference);
    Console.WriteLine((await InProcessAppend.RunAsync(database, producers: 64, duration)).Against(reference));

    await using var host = await HostProcess.StartAsync(postgres.ConnectionString, folder);
    var (triggers, triggered) = await HttpTriggers.RunAsync(host, connections: 32, duration);
    Console.WriteLine(triggers.Against(reference));
    Console.WriteLine((await HttpCancels.OfQueuedAsync(host, triggered, connections: 32, duration)).Against(reference));
    Console.WriteLine((await HttpCancels.OfRunningAsync(host, database, connections: 32, duration)).Against(reference));
    Console.WriteLine($"host memory after the load: {host.WorkingSetMegabytes} MB");
}
finally
{
    Directory.Delete(folder, recursive: true);
}
