// Measures the ledger next to outside references on the same server in the same run (docs/benchmark.md).
using System.CommandLine;
using Ledger.Bench;
using Ledger.Bench.CatchUp;
using Ledger.Bench.Live;
using Ledger.Bench.Pages;
using Ledger.Bench.Reports;
using Ledger.Bench.Writes;
using Ledger.Http.Embedded;
using Microsoft.Extensions.Logging.Abstractions;

var seconds = new Option<int>("--seconds") { Description = "How long a window is", DefaultValueFactory = _ => 5 };
var windows = new Option<int>("--windows") { Description = "How many windows each row has", DefaultValueFactory = _ => 5 };
var connections = new Argument<int>("connections") { Description = "How many of each kind", DefaultValueFactory = _ => 1_000 };
var events = new Argument<int>("events") { Description = "How many events", DefaultValueFactory = _ => 2_000_000 };
var results = new Argument<int>("results") { Description = "How many results", DefaultValueFactory = _ => 10_000_000 };

var writes = new Command("writes", "Triggers and cancels next to pgbench and to a plain host of Wolverine.Http and Marten.") { seconds, windows };
writes.SetAction((parsed, _) => WithDatabaseAsync((postgres, database, folder) => WriteBench.RunAsync(
    postgres, database, folder, TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(windows))));
var live = new Command("live", "Many subscribers and signal streams, next to NOTIFY.") { connections };
live.SetAction((parsed, _) => WithDatabaseAsync((postgres, database, folder) =>
    LiveConnections.RunAsync(postgres.ConnectionString, database, folder, parsed.GetValue(connections))));
var catchUp = new Command("catchup", "Read models that catch up and are rebuilt, next to COPY.") { events };
catchUp.SetAction((parsed, _) => WithDatabaseAsync((_, database, _) => CatchUps.RunAsync(database, parsed.GetValue(events))));
var reports = new Command("reports", "Reports over many results.") { results };
reports.SetAction((parsed, _) => WithDatabaseAsync((_, database, _) => ManyResults.RunAsync(database, parsed.GetValue(results))));
var sessions = new Argument<int>("sessions") { Description = "How many sessions", DefaultValueFactory = _ => 100_000 };
var pages = new Command("pages", "The web page over many sessions, in a browser.") { sessions };
pages.SetAction((parsed, _) => WithDatabaseAsync((postgres, database, folder) =>
    PageTimes.RunAsync(postgres.ConnectionString, database, folder, parsed.GetValue(sessions))));
return await new RootCommand("Measures the ledger.") { writes, live, catchUp, reports, pages }.Parse(args).InvokeAsync();

static async Task WithDatabaseAsync(Func<EmbeddedPostgres, BenchDatabase, string, Task> measure)
{
    var folder = Directory.CreateTempSubdirectory("ledger-bench-").FullName;
    try
    {
        await using var postgres = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions { DataDirectory = folder }, NullLogger.Instance);
        await using var database = await BenchDatabase.CreateAsync(postgres.ConnectionString);
        await measure(postgres, database, folder);
    }
    finally
    {
        Directory.Delete(folder, recursive: true);
    }
}
