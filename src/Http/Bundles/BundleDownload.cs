namespace Ledger.Http.Bundles;

/// <summary>
/// Answers with the bytes of a bundle, piece by piece. No database connection is held while the caller takes a piece. When the bundle is
/// removed meanwhile, the connection breaks off: what came is shorter than was announced.
/// </summary>
internal sealed class BundleDownload(BundleStore bundles, Bundle bundle) : IResult
{
    public const string ContentType = "application/octet-stream";

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = ContentType;
        response.ContentLength = bundle.SizeBytes;
        response.Headers.ETag = $"\"{bundle.Sha256}\"";
        var sent = 0L;
        for (var number = 0; sent < bundle.SizeBytes; number++)
        {
            if (await bundles.ReadChunkAsync(bundle, number, httpContext.RequestAborted) is not { } piece)
            {
                httpContext.Abort();
                return;
            }

            await response.Body.WriteAsync(piece, httpContext.RequestAborted);
            sent += piece.Length;
        }
    }
}
