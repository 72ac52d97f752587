using Ledger.Http.Access;
using Ledger.Http.AlertChannels;
using Ledger.Http.Alerts;
using Ledger.Http.Archive;
using Ledger.Http.Audit;
using Ledger.Http.Bundles;
using Ledger.Http.Checks;
using Ledger.Http.Dialects.Checkly;
using Ledger.Http.Dialects.Checkly.Live;
using Ledger.Http.Dialects.Checkly.Locations;
using Ledger.Http.Empirical;
using Ledger.Http.Errors;
using Ledger.Http.Groups;
using Ledger.Http.Health;
using Ledger.Http.Live;
using Ledger.Http.Metrics;
using Ledger.Http.PlainRuns;
using Ledger.Http.RateLimits;
using Ledger.Http.ReadModels;
using Ledger.Http.Reports.Cancellations;
using Ledger.Http.Reports.Checks;
using Ledger.Http.Requests;
using Ledger.Http.Runners;
using Ledger.Http.Settings;
using Ledger.Http.Stably;
using Ledger.Http.TesterArmy;
using Ledger.Http.Tracing;
using Ledger.Store.Postgres;
using Ledger.Streams;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace Ledger.Http.Hosting;

/// <summary>The parts of the host and its routes, one line each.</summary>
public static class Composition
{
    public static void AddLedger(this IServiceCollection services, LedgerSettings settings, NpgsqlDataSource database)
    {
        services.AddSingleton(settings);
        services.AddSingleton(settings.RateLimit);
        services.AddSingleton(database);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new PostgresEventStore(
            database, log: provider.GetRequiredService<ILogger<PostgresEventStore>>()));
        services.AddLedgerMetrics();
        services.AddSingleton<RequestTraces>();
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
        services.AddSingleton<PlainRunSessions>();
        services.AddSingleton<RunHistory>();
        services.AddSingleton<TestRunList>();
        services.AddSingleton<RunPages>();
        services.AddSingleton<Batches>();
        services.AddSingleton<RateWindows>();
        services.AddErrors();
        services.AddAuthentication(ApiKeyHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.SchemeName, null);
        services.AddScopes();
        services.ConfigureHttpJsonOptions(options => Json.Configure(options.SerializerOptions));
        services.AddLive();
        services.AddReadModels(settings);
        services.AddArchive(settings);
        services.AddRunners();
        services.AddChecklyLive();
        services.AddBundles();
        services.AddAlertChannels(settings);
        services.AddHostedService<LedgerLifetime>();
        services.AddLedgerOpenApi();
    }

    public static void UseLedger(this WebApplication app)
    {
        // These listen from their making on, and what measures is made after what reads it.
        app.Services.GetRequiredService<MeterReader>();
        app.Services.GetRequiredService<LedgerMetrics>();
        app.Services.GetRequiredService<RequestTraces>();
        app.UseSecondMount();
        app.UseMiddleware<Faults>();
        app.UseStatusCodePages();
        app.UseChecklyLive();
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseMiddleware<AccountHeaderMiddleware>();
        app.UseMiddleware<RateLimitMiddleware>();

        app.MapLedgerEndpoints();
        app.MapHealth();
        app.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
        var native = app.MapGroup("");
        native.MapKeys();
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

        app.MapGroup("").WithMetadata(new AccountHeader(ChecklyRoutes.AccountHeader)).MapCheckly();

        // Needs a key like everything that says nothing else: who has none does not learn which paths there are.
        app.MapFallback("/{**path}", () => TypedResults.NotFound()).ExcludeFromDescription();
    }

    /// <summary>The first that claims a path writes its errors; Checkly claims what is left.</summary>
    private static void AddErrors(this IServiceCollection services)
    {
        services.AddSingleton<IProblemDetailsWriter, NativeProblems>();
        services.AddSingleton<IProblemDetailsWriter, EmpiricalEnvelope>();
        services.AddSingleton<IProblemDetailsWriter, StablyEnvelope>();
        services.AddSingleton<IProblemDetailsWriter, TesterArmyEnvelope>();
        services.AddSingleton<IProblemDetailsWriter, ChecklyEnvelope>();
        services.AddProblemDetails();
    }
}
