using JasperFx;
using JasperFx.OpenTelemetry;
using Ledger.Http.AlertChannels;
using Ledger.Http.Checkly;
using Ledger.Http.Checkly.Live;
using Ledger.Http.Empirical;
using Ledger.Http.Live;
using Ledger.Http.Pages;
using Ledger.Http.Runners;
using Ledger.Http.Secrets;
using Ledger.Http.Sessions;
using Ledger.Http.Stably;
using Ledger.Http.Telemetry;
using Ledger.Http.TesterArmy;
using Ledger.Projections.Archiving;
using Ledger.Web;
using Ledger.Web.Sessions;
using Ledger.Web.Settings;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Wolverine.Marten;

namespace Ledger.Http.Hosting;

/// <summary>The parts of the host and its routes, one line each.</summary>
public static class Composition
{
    public static void AddLedger(this IServiceCollection services, LedgerSettings settings, NpgsqlDataSource database)
    {
        services.AddSingleton(settings);
        services.AddSingleton(settings.RateLimit);
        services.AddSingleton(settings.ReadModels);
        services.AddSingleton(database);
        services.TryAddSingleton(TimeProvider.System);
        services.AddMarten(options =>
        {
            options.Connection(database);
            LedgerStore.Configure(options, LedgerDatabase.Parts);

            // The schema was made at start: no first request of its kind is to compare it again.
            options.AutoCreateSchemaObjects = AutoCreate.None;
            options.OpenTelemetry.TrackConnections = TrackLevel.Normal;
        }).IntegrateWithWolverine(integration =>
        {
            integration.MessageStorageSchemaName = "wolverine";
            integration.UseWolverineManagedEventSubscriptionDistribution = true;
            integration.AutoCreate = settings.Database.ApplySchema ? AutoCreate.CreateOrUpdate : AutoCreate.None;
        });
        services.AddSecrets(settings);
        services.AddSingleton<SchemaFiles>();
        services.AddSingleton<JasperFx.CommandLine.Descriptions.ISystemPart, LedgerPart>();
        services.AddSingleton<EventLog>();
        services.AddSingleton(new SessionCache(settings.Cache.Megabytes * 1024L * 1024L));
        services.AddSingleton(new BodyBudget(settings.Bodies.Megabytes * 1024L * 1024L));
        services.AddSingleton<SessionJournal>();
        services.AddSingleton<SessionWriter>();
        services.AddSingleton<ApiKeys>();
        services.AddSingleton<Strangers>();
        services.AddSingleton<KeyWatch>();
        services.AddSingleton<Bootstrap>();
        services.AddSingleton<PublicLocations>();
        services.AddSingleton<CheckResults>();
        services.AddSingleton<PlainRunSessions>();
        services.AddSingleton<RunHistory>();
        services.AddSingleton<ChecklySessions>();
        services.AddSingleton<Batches>();
        services.AddSingleton<RateWindows>();
        services.AddErrors();
        services.AddAuthentication(ApiKeyHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.SchemeName, null);
        services.AddScopes();
        services.ConfigureHttpJsonOptions(options => Json.Configure(options.SerializerOptions));
        services.AddLive();
        services.AddReadModels(settings);
        services.AddSingleton<Archiver>();
        services.AddRunners(settings);
        services.AddChecklyLive();
        services.AddBundles();
        services.AddAlertChannels(settings);
        services.AddSingleton<DaemonWatch>();
        services.AddSingleton<DatabaseWatch>();
        services.AddHostedService<LedgerLifetime>();
        services.AddLedgerOpenApi();
        services.AddWeb(new WebSettings(Commands.Help.Version, Commands.Help.Runner, Bootstrap.KeyFileOf(settings), settings.Oidc.Authority is null ? null : settings.Oidc));
        services.AddSingleton<IAccountCommands, PageCommands>();
        services.AddSingleton<EventViews>(static recorded =>
        {
            var view = EventView.Of(recorded);
            return (view.Actor, view.Data);
        });
        services.AddSingleton<OriginalIds>(static id => [ResultIds.Derived(id), SchedulingIds.Derived(id)]);
    }

    public static void UseLedger(this WebApplication app)
    {
        app.UseMiddleware<HeadRequests>();
        app.UseSecondMount();
        app.UseMiddleware<Faults>();
        app.UseStatusCodePages();
        app.UseChecklyLive();
        app.UseFirstPage();
        app.UseRouting();
        app.UsePages();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseMiddleware<KeyWatchMiddleware>();
        app.UseMiddleware<AccountHeaderMiddleware>();
        app.UseMiddleware<RateLimitMiddleware>();

        app.MapLedgerEndpoints();
        app.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
        app.MapApiReference();
        app.MapMetrics();
        app.MapWeb(PageAssets.Manifest);
        app.MapPageDownloads();

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
