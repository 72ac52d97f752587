namespace Ledger.Http.Checkly;

/// <summary>Takes in a code bundle, or any other file such as a snapshot, and gives it back. The limit is a setting, and none of the web server's.</summary>
public static class StorageEndpoints
{
    [WolverinePost("/next/checkly-storage/upload-code-bundle"), Authorize(Scopes.Command), DisableRequestSizeLimit, Errors(400, 401, 403, 413, 429)]
    [Tags("Checkly: command line"), EndpointSummary("Stores a code bundle, a gzipped tar, and answers with its key.")]
    [RequestBodyType(typeof(Stream), isRequired: true, RequestBodyType.Bytes)]
    public static async Task<StoredFile> UploadCodeBundle(HttpContext context, BundleUpload upload) => new((await upload.ReceiveAsync(context)).Key);

    [WolverinePost("/next/checkly-storage/upload"), Authorize(Scopes.Command), DisableRequestSizeLimit, Errors(400, 401, 403, 413, 429)]
    [Tags("Checkly: command line"), EndpointSummary("Stores a file, such as a snapshot, and answers with its key.")]
    [RequestBodyType(typeof(Stream), isRequired: true, RequestBodyType.Bytes)]
    public static async Task<StoredFile> UploadFile(HttpContext context, BundleUpload upload) => new((await upload.ReceiveAsync(context)).Key);

    [WolverinePost("/next/checkly-storage/download"), Authorize(Scopes.CommandOrRead), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: command line"), EndpointSummary("Reads a file that was stored.")]
    [ProducesResponseType<Stream>(StatusCodes.Status200OK, BundleDownload.ContentType)]
    public static async Task<IResult> Download([FromBody] FileWanted wanted, Caller caller, BundleStore bundles, CancellationToken cancellation)
    {
        var key = Inputs.Uuid("key", wanted.Key);
        var found = await bundles.FindAsync(caller.AccountId, [key], cancellation);
        return found.TryGetValue(key, out var bundle)
            ? new BundleDownload(bundles, bundle)
            : throw RequestRejected.NotFound("Not Found");
    }
}

/// <summary>The answer to an upload.</summary>
public sealed record StoredFile(Guid Key);

/// <summary>The file to read.</summary>
public sealed record FileWanted(string Key);
