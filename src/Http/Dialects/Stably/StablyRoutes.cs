using Ledger.Http.Dialects.Stably.Cancels;
using Ledger.Http.Dialects.Stably.CommandLine;
using Ledger.Http.Dialects.Stably.CommandLine.Analytics;
using Ledger.Http.Dialects.Stably.Runs;

namespace Ledger.Http.Dialects.Stably;

/// <summary>The routes of this dialect (wire.md 7).</summary>
public static class StablyRoutes
{
    public static void MapStably(this IEndpointRouteBuilder root)
    {
        root.MapRuns();
        root.MapRunCancel();
        root.MapCommandLine();
        root.MapAnalytics();
    }

    /// <summary>Describes the errors that a route answers with.</summary>
    public static RouteHandlerBuilder ProducesErrors(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses) =>
        route.ProducesErrorsAs<StablyError>(statuses);
}
