using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.RateLimits;
using Ledger.Http.Requests;

namespace Ledger.Http.Bundles;

/// <summary>Hands bundles to runners. Clients upload them through their dialect.</summary>
public static class BundleEndpoint
{
    public static void MapBundles(this IEndpointRouteBuilder routes) => routes
        .MapGet("/ledger/bundles/{key}", GetAsync)
        .RequireScope(Scope.Runner)
        .WithMetadata(RateLimit.Runner)
        .WithTags("Runners")
        .WithSummary("Reads a code bundle. The ETag is the SHA-256 of its bytes.")
        .Produces<Stream>(contentType: BundleDownload.ContentType);

    private static async Task<IResult> GetAsync(HttpContext context, string key, BundleStore bundles)
    {
        var id = Inputs.Uuid("bundle key", key);
        var found = await bundles.FindAsync(context.Key().AccountId, [id], context.RequestAborted);
        return found.TryGetValue(id, out var bundle)
            ? new BundleDownload(bundles, bundle)
            : throw RequestRejected.NotFound("There is no such bundle.");
    }
}
