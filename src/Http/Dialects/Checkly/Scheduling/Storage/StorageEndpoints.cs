using Ledger.Http.Access;
using Ledger.Http.Bundles;
using Ledger.Http.Errors;
using Ledger.Http.Requests;

namespace Ledger.Http.Dialects.Checkly.Scheduling.Storage;

/// <summary>
/// Takes in code bundles and snapshots, and gives them back (wire.md 4.1). Their limit is a setting, and none of the web server's.
/// </summary>
public static class StorageEndpoints
{
    public static void MapStorage(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/next/checkly-storage");
        group.MapPost("upload-code-bundle", UploadAsync).RequireScope(Scope.Command)
            .WithMetadata(new DisableRequestSizeLimitAttribute())
            .WithSummary("Stores a code bundle, a gzipped tar, and answers with its key.")
            .ReadsBytes().Produces<StoredFile>().ProducesErrors(400, 401, 403, 413, 429);
        group.MapPost("upload", UploadAsync).RequireScope(Scope.Command)
            .WithMetadata(new DisableRequestSizeLimitAttribute())
            .WithSummary("Stores a file, such as a snapshot, and answers with its key.")
            .ReadsBytes().Produces<StoredFile>().ProducesErrors(400, 401, 403, 413, 429);
        group.MapPost("download", DownloadAsync).RequireScope(Scope.Command, Scope.Read)
            .WithSummary("Reads a file that was stored.")
            .Reads<FileWanted>().Produces<Stream>(contentType: BundleDownload.ContentType).ProducesErrors(400, 401, 403, 404, 429);
    }

    private static async Task<IResult> UploadAsync(HttpContext context, BundleUpload upload) =>
        ChecklyResult.Json(new StoredFile((await upload.ReceiveAsync(context)).Key));

    private static async Task<IResult> DownloadAsync(HttpContext context, BundleStore bundles)
    {
        var wanted = await Body.ReadRequiredJsonAsync<FileWanted>(context.Request, ChecklyJson.Options);
        var key = Inputs.Uuid("key", wanted.Key);
        var found = await bundles.FindAsync(context.Key().AccountId, [key], context.RequestAborted);
        return found.TryGetValue(key, out var bundle)
            ? new BundleDownload(bundles, bundle)
            : throw RequestRejected.NotFound("Not Found");
    }
}

/// <summary>The answer to an upload.</summary>
public sealed record StoredFile(Guid Key);

/// <summary>The file to read.</summary>
public sealed record FileWanted(string Key);
