namespace Ledger.Http.Bundles;

/// <summary>Hands bundles to runners. Clients upload them through their dialect.</summary>
public static class ReadBundleEndpoint
{
    [WolverineGet("/ledger/bundles/{key}"), Authorize(Scopes.Runner), RunnerRateLimit, Tags("Runners")]
    [EndpointSummary("Reads a code bundle. The ETag is the SHA-256 of its bytes.")]
    [ProducesResponseType(typeof(Stream), StatusCodes.Status200OK, BundleDownload.ContentType)]
    public static async Task<IResult> Get(string key, Caller caller, BundleStore bundles, CancellationToken cancellation)
    {
        var id = Inputs.Uuid("bundle key", key);
        var found = await bundles.FindAsync(caller.AccountId, [id], cancellation);
        return found.TryGetValue(id, out var bundle)
            ? new BundleDownload(bundles, bundle)
            : throw RequestRejected.NotFound("There is no such bundle.");
    }
}

/// <summary>
/// Answers with the bytes of a bundle, piece by piece. No database connection is held while the caller takes a piece. Nothing is said before
/// the first piece is there, so that all that goes wrong until then has an answer of its own; when the bundle is removed afterwards, the
/// connection breaks off: what came is shorter than was announced.
/// </summary>
public sealed class BundleDownload(BundleStore bundles, Bundle bundle) : IResult
{
    public const string ContentType = "application/octet-stream";

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var piece = await bundles.ReadChunkAsync(bundle, 0, httpContext.RequestAborted)
            ?? throw RequestRejected.NotFound("The bundle has just been removed.");
        var response = httpContext.Response;
        response.ContentType = ContentType;
        response.ContentLength = bundle.SizeBytes;
        response.Headers.ETag = $"\"{bundle.Sha256}\"";
        await response.Body.WriteAsync(piece, httpContext.RequestAborted);
        var sent = (long)piece.Length;
        for (var number = 1; sent < bundle.SizeBytes; number++)
        {
            if (await bundles.ReadChunkAsync(bundle, number, httpContext.RequestAborted) is not { } next)
            {
                httpContext.Abort();
                return;
            }

            await response.Body.WriteAsync(next, httpContext.RequestAborted);
            sent += next.Length;
        }
    }
}
