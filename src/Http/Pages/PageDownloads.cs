using System.Reflection;
using Ledger.Http.Audit;
using Ledger.Projections.Cancellations;
using Ledger.Web.Access;

namespace Ledger.Http.Pages;

/// <summary>What pages offer to keep as a file: the exports of the interface, for whoever is signed in.</summary>
public static class PageDownloads
{
    public static void MapPageDownloads(this IEndpointRouteBuilder app)
    {
        Map("csv", () => new CsvExport());
        Map("ndjson", () => new NdjsonExport());

        void Map(string extension, Func<CancelFormat> format) => app
            .MapGet($"/cancellations/cancels.{extension}", (HttpContext context, CancelsReader cancels) => new CancelExport(
                ListCancelsEndpoint.QueryOf(context.Request, Viewer.Of(context.User)!.ToCaller()), cancels, format()))
            .RequireAuthorization(PagePolicies.Read)
            .WithMetadata([.. typeof(ListCancelsEndpoint).GetMethod(nameof(ListCancelsEndpoint.Get))!.GetCustomAttributes<RequestParameterAttribute>()])
            .ExcludeFromDescription();
    }
}
