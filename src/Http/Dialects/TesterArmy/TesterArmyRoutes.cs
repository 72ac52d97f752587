using Ledger.Http.Dialects.TesterArmy.Batches;
using Ledger.Http.Dialects.TesterArmy.Cancels;
using Ledger.Http.Dialects.TesterArmy.Groups;
using Ledger.Http.Dialects.TesterArmy.Runs;
using Ledger.Http.Dialects.TesterArmy.Webhooks;

namespace Ledger.Http.Dialects.TesterArmy;

/// <summary>The routes of this dialect, under both mounts, and its parts.</summary>
public static class TesterArmyRoutes
{
    public static void AddTesterArmy(this IServiceCollection services)
    {
        services.AddSingleton<RunPages>();
        services.AddSingleton<RunCancels>();
        services.AddSingleton<BatchRuns>();
        services.AddSingleton<GroupBatches>();
    }

    public static void MapTesterArmy(this IEndpointRouteBuilder root)
    {
        foreach (var mount in TesterArmyEnvelope.Mounts)
        {
            var routes = root.MapGroup(mount).WithTags("TesterArmy");
            routes.MapRuns();
            routes.MapRunCancel();
            routes.MapBatches();
            routes.MapGroupRuns();
            routes.MapGroupWebhook();
        }
    }

    /// <summary>Describes the errors that a route answers with, beside those that every route has (wire.md 8).</summary>
    public static RouteHandlerBuilder ProducesErrors(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses) =>
        route.ProducesErrorsAs<TesterArmyError>([400, 401, .. statuses, 429, 500, 504]);
}
