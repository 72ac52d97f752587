namespace Ledger.Http.Bundles;

/// <summary>
/// Takes in a bundle. It is stored only when all of it has come and is not too large, so that an upload that breaks off leaves nothing.
/// </summary>
public sealed class BundleUpload(BundleStore bundles, LedgerSettings settings, TimeProvider clock)
{
    /// <summary>Stores the body of a request as a bundle of the key's account.</summary>
    /// <exception cref="RequestRejected">
    /// 413 past <c>Ledger:Bundles:MaximumMegabytes</c>, whether or not a length was announced; 400 for an empty body, and for one with a
    /// content encoding: a bundle is compressed already, and one that was cut short must not pass for a whole one.
    /// </exception>
    public async Task<Bundle> ReceiveAsync(HttpContext context)
    {
        var limit = settings.Bundles.MaximumMegabytes * 1024L * 1024L;
        if (context.Request.ContentLength > limit)
        {
            throw TooLarge(limit);
        }

        if (context.Request.Headers.ContentEncoding.ToString().ToLowerInvariant() is not ("" or "identity"))
        {
            throw RequestRejected.BadRequest("A file is uploaded as it is, without a content encoding.");
        }

        await using var file = SpoolFile.Open();
        var (size, hash) = await SpoolAsync(context.Request, file, limit);
        if (size == 0)
        {
            throw RequestRejected.BadRequest("A body is required: the bytes of the file.");
        }

        file.Position = 0;
        var bundle = new Bundle(Guid.NewGuid(), size, hash, clock.GetUtcNow());
        await bundles.AddAsync(context.Key().AccountId, bundle, file, context.RequestAborted);
        return bundle;
    }

    private static async Task<(long Size, string Hash)> SpoolAsync(HttpRequest request, FileStream file, long limit)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BundleStore.ChunkSize];
        var size = 0L;
        while (await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted) is > 0 and var count)
        {
            size += count;
            if (size > limit)
            {
                throw TooLarge(limit);
            }

            hash.AppendData(buffer, 0, count);
            await file.WriteAsync(buffer.AsMemory(0, count), request.HttpContext.RequestAborted);
        }

        return (size, Convert.ToHexStringLower(hash.GetCurrentHash()));
    }

    /// <summary>In the words from which the genuine command line reads the limit.</summary>
    private static RequestRejected TooLarge(long limit) =>
        RequestRejected.TooLarge($"Payload content length greater than maximum allowed: {limit}");
}

/// <summary>
/// A nameless file for bytes that come at the pace of a client: neither memory nor a database connection is held for them meanwhile. The
/// file ends with its stream, and on Unix with the process too, however that ends.
/// </summary>
public static class SpoolFile
{
    public static FileStream Open()
    {
        var path = Path.Combine(Path.GetTempPath(), $"ledger-{Guid.NewGuid():N}.upload");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Delete,
            Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var file = new FileStream(path, options);
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(path);
        }

        return file;
    }
}
