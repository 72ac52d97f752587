using System.Diagnostics;
using System.Diagnostics.Metrics;
using Ledger.Http.Checkly.Live;
using Ledger.Http.DeadLetters;
using Ledger.Http.Runners;
using Ledger.Projections.OpenRuns;

namespace Ledger.Http.Telemetry;

/// <summary>How things stand now, as gauges. Over all accounts, none of which is named.</summary>
public sealed class StandingFigures
{
    /// <summary>What operators know their renewal by.</summary>
    public const string Part = "figures";

    public const string ThreadPoolThreads = "dotnet.thread_pool.thread.count";
    public const string ThreadPoolQueue = "dotnet.thread_pool.queue.length";

    /// <summary>How old they are at most for a collector.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(15);

    private readonly ReadModelOperations projections;
    private readonly DeadLetterStore deadLetters;
    private readonly OpenRunsReader openRuns;
    private readonly Meter meter;
    private volatile Figures? found;

    public StandingFigures(
        IMeterFactory meters, ReadModelOperations projections, DeadLetterStore deadLetters, OpenRunsReader openRuns, LiveResults live, RunnerSignals signals)
    {
        this.deadLetters = deadLetters;
        this.projections = projections;
        this.openRuns = openRuns;
        meter = meters.Create("Ledger");
        Show("ledger.database.up", "Whether the database answered just now.", () => found is null ? 0 : 1);
        Show("ledger.mqtt.connections", "Clients that are connected by MQTT to this host.", () => live.Connections);
        Show("ledger.signal.connections", "Signal streams of runners that are open on this host.", () => signals.Connections);
        Show(ThreadPoolThreads, "Threads of the thread pool.", () => ThreadPool.ThreadCount);
        Show(ThreadPoolQueue, "Work items that wait for a thread of the pool.", () => ThreadPool.PendingWorkItemCount);
        Show("process.threads", "Threads of the process.", () => OfProcess(process => process.Threads.Count));
        Show("process.resident_memory", "Memory of the process that is in use.", () => OfProcess(process => process.WorkingSet64), "By");
        Show("process.start_time", "When the process started, in seconds since 1970.", () => OfProcess(StartOf), "s");
        meter.CreateObservableCounter(
            "process.cpu", () => OfProcess(process => process.TotalProcessorTime.TotalSeconds), "s", "Processor time of the process.");
        ShowProjections("position", "The last event that is in the projection's rows.", each => each.Position);
        ShowProjections("lag.events", "How many events the projection is behind.", each => each.Lag);
        ShowProjections("stopped", "Whether the projection met an event that it cannot handle.", each => each.Stopped is null ? 0 : 1);
        ShowFound("ledger.dead_letters", "Messages that could not be handled, and wait for an operator.", figures => [new(figures.DeadLetters)]);
        ShowFound("ledger.cancels.unacknowledged", "Runs whose cancel their runner has not confirmed yet.", figures => [new(figures.Runs.Unacknowledged)]);
        ShowFound("ledger.open.runs", "Runs that are not settled, by state.", figures =>
        [
            With(figures.Runs.Queued, "state", "queued"),
            With(figures.Runs.Claimed, "state", "claimed"),
            With(figures.Runs.Running, "state", "running"),
            With(figures.Runs.Cancelling, "state", "cancelling"),
        ]);
    }

    /// <summary>
    /// Looks up what only the database knows, for whoever reads the gauges next; while it cannot be reached they show nothing, and
    /// <c>ledger_database_up</c> says why.
    /// </summary>
    public async Task LookUpAsync(CancellationToken cancellation)
    {
        try
        {
            found = new Figures(await projections.StatusAsync(cancellation), await openRuns.CountAsync(cancellation), await deadLetters.CountAsync(cancellation));
        }
        catch (NpgsqlException)
        {
            found = null;
        }
    }

    private static double OfProcess(Func<Process, double> figure)
    {
        using var process = Process.GetCurrentProcess();
        return figure(process);
    }

    private static double StartOf(Process process) => new DateTimeOffset(process.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1000d;

    private static Measurement<double> With(double value, string label, string text) => new(value, new KeyValuePair<string, object?>(label, text));

    private void Show(string name, string description, Func<double> figure, string? unit = null) =>
        meter.CreateObservableGauge(name, figure, unit, description);

    private void ShowFound(string name, string description, Func<Figures, IEnumerable<Measurement<double>>> figure) =>
        meter.CreateObservableGauge(name, () => found is { } figures ? figure(figures) : [], unit: null, description);

    private void ShowProjections(string name, string description, Func<ProjectionStatus, double> figure) => ShowFound(
        $"ledger.projection.{name}", description, figures => figures.Projections.Select(each => With(figure(each), "projection", each.Name)));

    private sealed record Figures(IReadOnlyList<ProjectionStatus> Projections, OpenRunCounts Runs, int DeadLetters);
}
