using Ledger.Http.Dialects.Empirical.Analytics;
using Ledger.Http.Dialects.Empirical.Cancels;
using Ledger.Http.Dialects.Empirical.Lists;
using Ledger.Http.Dialects.Empirical.Projects;
using Ledger.Http.Dialects.Empirical.Reads;
using Ledger.Http.Dialects.Empirical.Trigger;
using Ledger.Http.Requests;

namespace Ledger.Http.Dialects.Empirical;

/// <summary>The routes of this dialect (wire.md 6).</summary>
public static class EmpiricalRoutes
{
    public static void MapEmpirical(this IEndpointRouteBuilder root)
    {
        var routes = root.MapGroup("")
            .WithTags("Empirical")
            .ReadsHeader(ProjectScope.Header, "The integer of the project; the key's own, or the account's default one when absent.");
        routes.MapTrigger();
        routes.MapList();
        routes.MapReads();
        routes.MapCancel();
        routes.MapAnalytics();
    }

    /// <summary>Describes the errors that a route answers with.</summary>
    public static RouteHandlerBuilder ProducesErrors(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses) =>
        route.ProducesErrorsAs<EmpiricalError>(statuses);
}
