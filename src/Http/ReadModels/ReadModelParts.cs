using Ledger.Http.Settings;
using Ledger.Projections.AlertChannels;
using Ledger.Projections.Alerts;
using Ledger.Projections.Cancellations;
using Ledger.Projections.CheckResults;
using Ledger.Projections.CheckStatus;
using Ledger.Projections.Concurrency;
using Ledger.Projections.Daemon;
using Ledger.Projections.Deadlines;
using Ledger.Projections.Metrics;
using Ledger.Projections.OpenRuns;
using Ledger.Projections.RunDays;
using Ledger.Projections.SessionList;
using Ledger.Store;
using Ledger.Streams;
using Npgsql;

namespace Ledger.Http.ReadModels;

/// <summary>The projections of this host, what reads them, and what acts on them.</summary>
public static class ReadModelParts
{
    /// <summary>The projections that keep rows: what they read from stands before them.</summary>
    public static IReadOnlyList<Projection> Rows =>
    [
        OpenRunsReader.CreateProjection(),
        SessionListReader.CreateProjection(),
        CheckResultsReader.CreateProjection(),
        CheckStatusReader.CreateProjection(),
        AlertsReader.CreateProjection(),
        CheckMetricsReader.CreateProjection(),
        CancelsReader.CreateProjection(),
        RunDaysReader.CreateProjection(),
    ];

    public static void AddReadModels(this IServiceCollection services, LedgerSettings settings)
    {
        services.AddSingleton<OpenRunsReader>();
        services.AddSingleton<SessionListReader>();
        services.AddSingleton<CheckResultsReader>();
        services.AddSingleton<CheckStatusReader>();
        services.AddSingleton<AlertsReader>();
        services.AddSingleton<IncidentsReader>();
        services.AddSingleton<ConditionsReader>();
        services.AddSingleton<CheckMetricsReader>();
        services.AddSingleton<CancelsReader>();
        services.AddSingleton<CancellationReportReader>();
        services.AddSingleton<RunDaysReader>();
        services.AddSingleton<Leases>();
        services.AddSingleton<Freshness>();
        services.AddSingleton(settings.CancelPolicy);
        services.AddSingleton<Supersede>();
        services.AddSingleton(provider => new ProjectionDaemon(
            [.. Rows, AlertDeliveryReader.CreateProjection(), provider.GetRequiredService<Supersede>()],
            provider.GetRequiredService<EventLog>(),
            provider.GetRequiredService<EventFeed>().Subscribe,
            provider.GetRequiredService<NpgsqlDataSource>(),
            new DaemonSettings { Lease = TimeSpan.FromSeconds(settings.Projections.LeaseSeconds) },
            log: provider.GetRequiredService<ILogger<ProjectionDaemon>>()));
        services.AddSingleton(provider => new DeadlineWatch(
            provider.GetRequiredService<NpgsqlDataSource>(),
            provider.GetRequiredService<SessionWriter>(),
            provider.GetRequiredService<ProjectionDaemon>(),
            new DeadlineSettings(
                TimeSpan.FromSeconds(settings.Cancel.AcknowledgeSeconds), TimeSpan.FromSeconds(settings.Cancel.ExpireSeconds)),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<DeadlineWatch>>()));
    }
}
