using Ledger.Http.Audit;
using Ledger.Projections.Cancellations;
using Ledger.Web.Access;

namespace Ledger.Http.Pages;

/// <summary>What pages offer to keep as a file, and where links lead that the dialects hand out.</summary>
public static class PageDownloads
{
    public static void MapPageDownloads(this IEndpointRouteBuilder app)
    {
        app.MapGet("/cancellations/cancels.csv", (HttpContext context, CancelsReader cancels) => Export(context, cancels, new CsvExport()))
            .RequireAuthorization(PagePolicies.Read).ExcludeFromDescription();
        app.MapGet("/cancellations/cancels.ndjson", (HttpContext context, CancelsReader cancels) => Export(context, cancels, new NdjsonExport()))
            .RequireAuthorization(PagePolicies.Read).ExcludeFromDescription();

        // Who is signed in to another account, or not at all, is told so by the page.
        app.MapGet("/accounts/{accountId:guid}/checks/{checkId:guid}/check-sessions/{sessionId:guid}/{**rest}", ToSession)
            .RequireAuthorization(PagePolicies.Any).ExcludeFromDescription();
        app.MapGet("/accounts/{accountId:guid}/test-sessions/{sessionId:guid}/{**rest}", ToSession)
            .RequireAuthorization(PagePolicies.Any).ExcludeFromDescription();
    }

    private static CancelExport Export(HttpContext context, CancelsReader cancels, CancelFormat format) =>
        new(CancelAuditQuery.Read(context.Request, Viewer.Of(context.User)!.ToCaller()), cancels, format);

    private static IResult ToSession(Guid sessionId) => Results.Redirect($"/sessions/{sessionId}");
}
