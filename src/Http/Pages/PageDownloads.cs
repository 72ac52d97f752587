using Ledger.Http.Audit;
using Ledger.Projections.Cancellations;
using Ledger.Web.Access;

namespace Ledger.Http.Pages;

/// <summary>What pages offer to keep as a file: the exports of the interface, for whoever is signed in.</summary>
public static class PageDownloads
{
    public static void MapPageDownloads(this IEndpointRouteBuilder app)
    {
        app.MapGet("/cancellations/cancels.csv", (HttpContext context, CancelsReader cancels) => Export(context, cancels, new CsvExport()))
            .RequireAuthorization(PagePolicies.Read).ExcludeFromDescription();
        app.MapGet("/cancellations/cancels.ndjson", (HttpContext context, CancelsReader cancels) => Export(context, cancels, new NdjsonExport()))
            .RequireAuthorization(PagePolicies.Read).ExcludeFromDescription();
    }

    private static CancelExport Export(HttpContext context, CancelsReader cancels, CancelFormat format) =>
        new(CancelAuditQuery.Read(context.Request, Viewer.Of(context.User)!.ToCaller()), cancels, format);
}
