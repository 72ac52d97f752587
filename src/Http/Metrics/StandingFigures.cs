using System.Diagnostics;
using Ledger.Http.Mqtt;
using Ledger.Http.Runners;
using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Npgsql;

namespace Ledger.Http.Metrics;

/// <summary>How things stand now: looked up when somebody asks. Over all accounts, none of which is named.</summary>
public sealed class StandingFigures(
    ProjectionDaemon projections, OpenRunsReader openRuns, MqttServer mqtt, RunnerSignals signals)
{
    /// <summary>The figures; without those of the database when it cannot be reached, which one of them says.</summary>
    public async Task<IReadOnlyList<MetricFamily>> ReadAsync(CancellationToken cancellation)
    {
        List<MetricFamily> families = [.. OfConnections(), .. OfProcess()];
        try
        {
            families.AddRange(OfProjections(await projections.StatusAsync(cancellation)));
            families.AddRange(OfRuns(await openRuns.CountAsync(cancellation)));
            families.Add(DatabaseUp(1));
        }
        catch (NpgsqlException)
        {
            families.Add(DatabaseUp(0));
        }

        return families;
    }

    private static MetricFamily DatabaseUp(double value) =>
        MetricFamily.Gauge("ledger_database_up", "Whether the database answered just now.", value);

    private static IEnumerable<MetricFamily> OfProjections(IReadOnlyList<ProjectionStatus> all)
    {
        yield return MetricFamily.Gauge(
            "ledger_projection_position", "The last event that is in the projection's rows.", "projection",
            all.Select(each => (each.Name, (double)each.Position)));
        yield return MetricFamily.Gauge(
            "ledger_projection_lag_events", "How many events the projection is behind.", "projection",
            all.Select(each => (each.Name, (double)each.Lag)));
        yield return MetricFamily.Gauge(
            "ledger_projection_stopped", "Whether the projection met an event that it cannot handle.", "projection",
            all.Select(each => (each.Name, each.Stopped is null ? 0d : 1d)));
    }

    private static IEnumerable<MetricFamily> OfRuns(OpenRunCounts counts)
    {
        yield return MetricFamily.Gauge(
            "ledger_open_runs", "Runs that are not settled, by state.", "state",
            [("queued", counts.Queued), ("claimed", counts.Claimed), ("running", counts.Running), ("cancelling", counts.Cancelling)]);
        yield return MetricFamily.Gauge(
            "ledger_cancels_unacknowledged", "Runs whose cancel their runner has not confirmed yet.", counts.Unacknowledged);
    }

    private IEnumerable<MetricFamily> OfConnections()
    {
        yield return MetricFamily.Gauge("ledger_mqtt_connections", "Clients that are connected by MQTT to this host.", mqtt.Connections);
        yield return MetricFamily.Gauge("ledger_signal_connections", "Signal streams of runners that are open on this host.", signals.Connections);
    }

    private static IEnumerable<MetricFamily> OfProcess()
    {
        using var process = Process.GetCurrentProcess();
        yield return MetricFamily.Gauge("process_resident_memory_bytes", "Memory of the process that is in use.", process.WorkingSet64);
        yield return MetricFamily.Gauge("process_threads", "Threads of the process.", process.Threads.Count);
        yield return MetricFamily.Gauge(
            "process_start_time_seconds",
            "When the process started, in seconds since 1970.",
            new DateTimeOffset(process.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1000d);
        yield return new MetricFamily(
            "process_cpu_seconds_total", MetricType.Counter, "Processor time of the process.",
            [new MetricSample([], process.TotalProcessorTime.TotalSeconds)]);
    }
}
