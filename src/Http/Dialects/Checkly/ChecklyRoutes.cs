using Ledger.Http.Dialects.Checkly.Accounts;
using Ledger.Http.Dialects.Checkly.AlertNotifications;
using Ledger.Http.Dialects.Checkly.Analytics.Batch;
using Ledger.Http.Dialects.Checkly.Analytics.Playwright;
using Ledger.Http.Dialects.Checkly.CheckAlerts;
using Ledger.Http.Dialects.Checkly.CheckResults;
using Ledger.Http.Dialects.Checkly.Checks;
using Ledger.Http.Dialects.Checkly.CheckStatuses;
using Ledger.Http.Dialects.Checkly.Locations;
using Ledger.Http.Dialects.Checkly.Reporting;
using Ledger.Http.Dialects.Checkly.Runtimes;
using Ledger.Http.Requests;

namespace Ledger.Http.Dialects.Checkly;

/// <summary>The routes of this dialect.</summary>
public static class ChecklyRoutes
{
    /// <summary>The header in which clients name the account.</summary>
    public const string AccountHeader = ChecklyRequests.AccountHeader;

    public static void MapCheckly(this IEndpointRouteBuilder root)
    {
        var routes = root.MapGroup("").ReadsHeader(AccountHeader, "The account; when it is sent, it must be the key's own.");
        routes.MapCheckResults();
        routes.MapCheckStatuses();
        routes.MapCheckAlerts();
        routes.MapReporting();
        routes.MapBatchAnalytics();
        routes.MapPlaywrightAnalytics();
        routes.MapAlertNotifications();
        routes.MapRegisteredChecks();
        routes.MapLocations();
        routes.MapRuntimes();
        routes.MapAccounts();
    }

    /// <summary>Describes the errors that a route answers with.</summary>
    public static RouteHandlerBuilder ProducesErrors(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses) =>
        route.ProducesErrorsAs<ChecklyError>(statuses);
}
