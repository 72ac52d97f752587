using Ledger.Http.Access;
using Ledger.Http.AlertChannels;
using Ledger.Http.Alerts;
using Ledger.Http.Archive;
using Ledger.Http.Audit;
using Ledger.Http.Bundles;
using Ledger.Http.Cancels;
using Ledger.Http.Checks;
using Ledger.Http.Dialects;
using Ledger.Http.Dialects.Checkly;
using Ledger.Http.Dialects.Checkly.Live;
using Ledger.Http.Dialects.Checkly.Locations;
using Ledger.Http.Dialects.Empirical;
using Ledger.Http.Dialects.Stably;
using Ledger.Http.Dialects.Stably.CommandLine.Analytics;
using Ledger.Http.Dialects.TesterArmy;
using Ledger.Http.Errors;
using Ledger.Http.Groups;
using Ledger.Http.Health;
using Ledger.Http.Live;
using Ledger.Http.PlainRuns;
using Ledger.Http.RateLimits;
using Ledger.Http.ReadModels;
using Ledger.Http.Reports.Cancellations;
using Ledger.Http.Reports.Checks;
using Ledger.Http.Runners;
using Ledger.Http.Sessions;
using Ledger.Http.Settings;
using Ledger.Http.Telemetry;
using Ledger.Store.Postgres;
using Ledger.Streams;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Ledger.Http.Hosting;

/// <summary>The parts of the host and its routes, one line each.</summary>
internal static class Composition
{
    public static void AddLedger(this IServiceCollection services, LedgerSettings settings, LedgerDatabase database)
    {
        services.AddSingleton(settings);
        services.AddSingleton(settings.RateLimit);
        services.AddSingleton(database.Source);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new PostgresEventStore(
            database.Source, log: provider.GetRequiredService<ILogger<PostgresEventStore>>()));
        services.AddSingleton(new SessionCache(settings.Cache.Runs));
        services.AddSingleton<SessionStreams>();
        services.AddSingleton<SessionFeed>();
        services.AddSingleton<ApiKeys>();
        services.AddSingleton<AccountNames>();
        services.AddSingleton<Bootstrap>();
        services.AddSingleton<CheckRegistry>();
        services.AddSingleton<GroupRegistry>();
        services.AddSingleton<GroupWebhooks>();
        services.AddSingleton<PublicLocations>();
        services.AddSingleton<BulkCancel>();
        services.AddSingleton<PlainRunSessions>();
        services.AddSingleton<RunHistory>();
        services.AddSingleton<RateWindows>();
        services.AddSingleton(new DialectTable(
            [
                NativeDialect.Instance, ChecklyDialect.Instance, EmpiricalDialect.Instance, StablyDialect.Instance,
                TesterArmyDialect.Instance,
            ],
            otherwise: ChecklyDialect.Instance));
        services.AddLive();
        services.AddReadModels(settings);
        services.AddArchive(settings);
        services.AddRunners();
        services.AddTesterArmy();
        services.AddChecklyLive();
        services.AddBundles();
        services.AddAlertChannels(settings);
        services.AddHostedService<LedgerLifetime>();
        services.AddLedgerOpenApi();
    }

    public static void UseLedger(this WebApplication app)
    {
        app.UseMiddleware<ErrorMiddleware>();
        app.UseChecklyLive();
        app.UseRouting();
        app.UseMiddleware<AccessMiddleware>();
        app.UseMiddleware<RateLimitMiddleware>();
        app.MapHealth();
        app.MapOpenApi("/openapi/{documentName}.json");

        var native = app.MapGroup("").WithMetadata(NativeDialect.Instance);
        native.MapKeys();
        native.MapChecks();
        native.MapGroups();
        native.MapSessions();
        native.MapSessionList();
        native.MapSessionLive();
        native.MapCancel();
        native.MapCancels();
        native.MapRunners();
        native.MapBundles();
        native.MapCancelAudit();
        native.MapCancellationReport();
        native.MapProjections();
        native.MapAlerts();
        native.MapIncidents();
        native.MapCheckCondition();
        native.MapArchive();
        native.MapMetrics();
        native.MapCheckReports();
        native.MapAlertChannels();

        app.MapGroup("").WithMetadata(ChecklyDialect.Instance).MapCheckly();
        app.MapGroup("").WithMetadata(EmpiricalDialect.Instance).MapEmpirical();
        app.MapGroup("").WithMetadata(StablyDialect.Instance).MapStably();
        app.MapGroup("").WithMetadata(TesterArmyDialect.Instance).MapTesterArmy();

        app.MapUnknownPaths();
    }
}
