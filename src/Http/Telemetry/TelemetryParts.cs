using Ledger.Telemetry;
using Microsoft.Extensions.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Ledger.Http.Telemetry;

/// <summary>
/// What is measured and traced, and for whom (docs/telemetry.md): metrics for whoever scrapes <c>/metrics</c>; metrics, traces and logs for
/// a collector, when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names one. OpenTelemetry's other variables count as well.
/// </summary>
public static class TelemetryParts
{
    private const string Collector = "OTEL_EXPORTER_OTLP_ENDPOINT";

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        var hasCollector = !string.IsNullOrEmpty(builder.Configuration[Collector]);
        builder.Services.AddMetrics(ListenToMeters);
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("ledger").AddEnvironmentVariableDetector())
            .WithMetrics(metrics => metrics.AddPrometheusExporter(exporter =>
            {
                // The names are told apart without their meters' names, and a scrape shows what is so now.
                exporter.ScopeInfoEnabled = false;
                exporter.ScrapeResponseCacheDurationMilliseconds = 0;
            }))
            .WithTracing(tracing =>
            {
                // Every request belongs to a trace, whether or not somebody collects traces: its id is kept with each event.
                tracing.AddSource("Microsoft.AspNetCore", "Marten", "Wolverine", "Ledger").AddNpgsql();
                if (!hasCollector)
                {
                    tracing.SetSampler(new AlwaysOffSampler());
                }
            });
        if (hasCollector)
        {
            // Without it, ASP.NET's spans say neither method, route nor status.
            AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
            telemetry.UseOtlpExporter();
        }

        builder.Services.AddSingleton<LedgerMetrics>();
        builder.Services.AddSingleton<StandingFigures>();
        builder.Services.AddSingleton(new Collector(hasCollector));
    }

    // Rules and no AddMeter: of the meters that each host makes for itself, only this host's are listened to, although another host may
    // run in the same process. A name stands for all that begin with it.
    private static void ListenToMeters(IMetricsBuilder metrics)
    {
        foreach (var own in (string[])["Ledger", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel"])
        {
            metrics.EnableMetrics(own, instrumentName: null, listenerName: null, MeterScope.Local);
        }

        // Not Marten's: its counters hold the account, and each daemon makes them anew, which several hosts in one process do not survive.
        foreach (var shared in (string[])["Ledger.", "System.Runtime", "Npgsql"])
        {
            metrics.EnableMetrics(shared);
        }

        // The runtime counts these two up only, although they go up and down: they are shown as gauges instead.
        metrics.DisableMetrics("System.Runtime", StandingFigures.ThreadPoolThreads);
        metrics.DisableMetrics("System.Runtime", StandingFigures.ThreadPoolQueue);
    }
}

/// <summary>Whether a collector is named, which is sent what is measured, and asks nobody.</summary>
public sealed record Collector(bool IsNamed);
