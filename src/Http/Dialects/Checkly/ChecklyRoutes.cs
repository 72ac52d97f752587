using Ledger.Http.Dialects.Checkly.Cancels;
using Ledger.Http.Dialects.Checkly.CheckSessions;
using Ledger.Http.Dialects.Checkly.Scheduling;
using Ledger.Http.Dialects.Checkly.TestSessions;
using Ledger.Http.Requests;

namespace Ledger.Http.Dialects.Checkly;

/// <summary>The routes of this dialect (wire.md 3).</summary>
public static class ChecklyRoutes
{
    /// <summary>The header in which clients name the account.</summary>
    public const string AccountHeader = "x-checkly-account";

    public static void MapCheckly(this IEndpointRouteBuilder root)
    {
        var routes = root.MapGroup("").ReadsHeader(AccountHeader, "The account; when it is sent, it must be the key's own.");
        routes.MapCheckSessions();
        routes.MapTestSessions();
        routes.MapSessionCancels();
        routes.MapTestSessionLinks();
        routes.MapScheduling();
    }

    /// <summary>Describes the errors that a route answers with.</summary>
    public static RouteHandlerBuilder ProducesErrors(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses) =>
        route.ProducesErrorsAs<ChecklyError>(statuses);
}
