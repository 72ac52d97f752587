using Ledger.Http.Hosting;
using Ledger.Projections;
using Ledger.Projections.AlertDeliveries;
using Ledger.Projections.Alerts;
using Ledger.Projections.Cancellations;
using Ledger.Projections.CheckResults;
using Ledger.Projections.CheckStatus;
using Ledger.Projections.Concurrency;
using Ledger.Projections.OpenRuns;
using Ledger.Projections.Rebuild;
using Ledger.Projections.RunDays;

namespace Ledger.Http.ReadModels;

public static class ReadModelParts
{
    public static void AddReadModels(this IServiceCollection services, LedgerSettings settings)
    {
        services.AddSingleton<OpenRunsReader>();
        services.AddSingleton<SessionListReader>();
        services.AddSingleton<SessionFinder>();
        services.AddSingleton<CheckResultsReader>();
        services.AddSingleton<CheckStatusReader>();
        services.AddSingleton<AlertsReader>();
        services.AddSingleton<IncidentsReader>();
        services.AddSingleton<ConditionsReader>();
        services.AddSingleton<CheckMetricsReader>();
        services.AddSingleton<CancelsReader>();
        services.AddSingleton<CancellationReportReader>();
        services.AddSingleton<RunDaysReader>();
        services.AddSingleton<Freshness>();
        services.AddSingleton<DeadLetters.DeadLetterStore>();
        services.AddSingleton(settings.CancelPolicy);
        services.AddSingleton(provider => new ReadModelShard(
            LedgerProjections.Models,
            provider.GetRequiredService<NpgsqlDataSource>(),
            log: provider.GetRequiredService<ILogger<ReadModelShard>>()));
        services.AddSingleton<ReadModelProgress>();
        services.AddSingleton(provider => new ReadModelOperations(
            provider.GetRequiredService<ReadModelShard>(),
            [AlertDeliveryReader.ProjectionName, Supersede.ProjectionName],
            provider.GetRequiredService<NpgsqlDataSource>()));
        services.AddSingleton<Repairs>();
        services.AddSingleton<AlertDeliveriesProjection>();
        services.AddSingleton<Supersede>();
        services.AddSingleton<Outbox>(Messages.Outbox);
        services.AddSingleton<CommitWakeup>();
        services.ConfigureMarten((provider, options) =>
        {
            options.AddReadModels(
                provider.GetRequiredService<ReadModelShard>(),
                provider.GetRequiredService<AlertDeliveriesProjection>(),
                provider.GetRequiredService<Supersede>());
            options.Projections.Wakeup = provider.GetRequiredService<CommitWakeup>();
        });
    }
}
