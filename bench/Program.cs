// Measures the ledger next to outside references on the same server in the same run (docs/benchmark.md).
using System.CommandLine;
using Ledger.Bench;
using Ledger.Bench.CatchUp;
using Ledger.Bench.Growth;
using Ledger.Bench.Hosts;
using Ledger.Bench.Latency;
using Ledger.Bench.Live;
using Ledger.Bench.Memory;
using Ledger.Bench.Pages;
using Ledger.Bench.Reports;
using Ledger.Bench.Writes;

var seconds = new Option<int>("--seconds") { Description = "How long a window is", DefaultValueFactory = _ => 5, Recursive = true };
var windows = new Option<int>("--windows") { Description = "How many windows each row has", DefaultValueFactory = _ => 5, Recursive = true };
var minutes = new Option<double>("--minutes") { Description = "How long a sustained load goes on", DefaultValueFactory = _ => 5, Recursive = true };
var connections = new Option<int>("--connections") { Description = "How many live connections", DefaultValueFactory = _ => 1_000, Recursive = true };
var events = new Option<int>("--events") { Description = "How many events to catch up with", DefaultValueFactory = _ => 2_000_000, Recursive = true };
var results = new Option<int>("--results") { Description = "How many results", DefaultValueFactory = _ => 10_000_000, Recursive = true };
var sessions = new Option<int>("--sessions") { Description = "How many sessions the web page is looked at over", DefaultValueFactory = _ => 100_000, Recursive = true };
var json = new Option<bool>("--json") { Description = "Prints the report as JSON, and everything else to standard error", Recursive = true };

(string Name, string Purpose, Func<Setup, Task> Measure)[] suites =
[
    ("writes", "Triggers and cancels next to pgbench and to a plain host of Wolverine.Http and Marten.", WriteBench.RunAsync),
    ("sustained", "Triggers and cancels for minutes, and how far the read models are behind.", SustainedLoad.RunAsync),
    ("latency", "Requests at a fixed rate over 1 to 128 connections, next to pgbench at that rate.", FixedRates.RunAsync),
    ("live", "Many subscribers and signal streams, next to NOTIFY.", LiveConnections.RunAsync),
    ("catchup", "Read models that catch up and are rebuilt, next to COPY.", CatchUps.RunAsync),
    ("reports", "Reports over many results.", ManyResults.RunAsync),
    ("growth", "A cancel and a read in a small, a large and a very large ledger.", GrowingLedger.RunAsync),
    ("sizes", "A cancel of one run of a session of 1, 100 and 5,000 runs.", SessionSizes.RunAsync),
    ("idle", "A host without work: the time to its start, its memory, the wait for a read model.", IdleHost.RunAsync),
    ("hosts", "Two hosts on one database next to one.", TwoHosts.RunAsync),
    ("databases", "Accounts in two databases, by Marten's sharded tenancy, next to one.", TwoDatabases.RunAsync),
    ("pages", "The web page over many sessions, in a browser.", PageTimes.RunAsync),
    ("failover", "A host is killed under a load of cancels, again and again.", FailOver.RunAsync),
];

var root = new RootCommand("Measures the ledger.") { seconds, windows, minutes, connections, events, results, sessions, json };
foreach (var suite in suites)
{
    root.Add(CommandOf(suite.Name, suite.Purpose, [suite.Measure]));
}

root.Add(CommandOf("all", "Everything, one after the other.", [.. suites.Select(suite => suite.Measure)]));
var smoke = new Command("smoke", "A minute of writes; fails when a ratio is less than a third of the recorded one.");
smoke.SetAction(async (_, _) => await Smoke.RunAsync());
root.Add(smoke);
return await root.Parse(args).InvokeAsync();

Command CommandOf(string name, string purpose, IReadOnlyList<Func<Setup, Task>> measures)
{
    var command = new Command(name, purpose);
    command.SetAction(async (parsed, _) =>
    {
        var (output, report) = (Console.Out, new Report());
        if (parsed.GetValue(json))
        {
            Console.SetOut(Console.Error);
        }

        var scale = new Scale(
            TimeSpan.FromSeconds(parsed.GetValue(seconds)),
            parsed.GetValue(windows),
            TimeSpan.FromMinutes(parsed.GetValue(minutes)),
            parsed.GetValue(connections),
            parsed.GetValue(events),
            parsed.GetValue(results),
            parsed.GetValue(sessions));
        var failures = 0;
        foreach (var measure in measures)
        {
            try
            {
                await Setup.UseAsync(scale, report, measure);
            }
            catch (Exception failure) when (measures.Count > 1)
            {
                // The others are measured all the same.
                await Console.Error.WriteLineAsync(failure.ToString());
                failures++;
            }
        }

        await output.WriteLineAsync(parsed.GetValue(json) ? report.ToJson() : $"{Environment.NewLine}{report}");
        return failures;
    });
    return command;
}
