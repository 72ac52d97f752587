using System.IO.Compression;
using System.Text.Unicode;

namespace Ledger.Http.Requests;

/// <summary>
/// Reads request bodies, not by the framework's binding, which answers 400 or 415 to what real clients send, such as an empty body with a
/// form's content type. Empty means absent, whatever the content type; gzip is undone; everything else must be JSON that the database can
/// hold. Endpoints get theirs by <see cref="BodyParameter"/>.
/// </summary>
public static class Body
{
    /// <summary>The limit wherever no other is stated by <see cref="BodyLimitAttribute"/>, in bytes.</summary>
    public const int DefaultLimit = 1024 * 1024;

    // What a body holds is kept within events, and answered within documents, which may be 64 deep.
    private const int MaximumDepth = 48;

    private static readonly JsonReaderOptions ReaderOptions = new() { AllowMultipleValues = false, MaxDepth = MaximumDepth };

    /// <summary>The body of an endpoint that can do without; null when there is none.</summary>
    /// <exception cref="RequestRejected">400 for anything that is not that type, 413 past the endpoint's limit.</exception>
    public static async Task<T?> OptionalAsync<T>(HttpContext context)
        where T : class
    {
        var bytes = await ReadAsync(context.Request, context.GetEndpoint()?.Metadata.GetMetadata<BodyLimitAttribute>()?.Bytes ?? DefaultLimit);
        return bytes.IsEmpty ? null : await LargeWork.RunAsync(bytes.Length, () => Parse<T>(bytes));
    }

    /// <summary>The body of an endpoint that needs one.</summary>
    /// <exception cref="RequestRejected">400 also when there is no body.</exception>
    public static async Task<T> RequiredAsync<T>(HttpContext context)
        where T : class => await OptionalAsync<T>(context) ?? throw RequestRejected.BadRequest("A JSON body is required.");

    /// <summary>The body's bytes, as often as they are asked for; empty when there is none or only white space.</summary>
    /// <exception cref="RequestRejected">
    /// 413 past the limit, 400 for a body that is not what its encoding says, 503 when the host holds too many large ones.
    /// </exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, int limit = DefaultLimit)
    {
        var features = request.HttpContext.Features;
        if (features.Get<ReadBody>() is { } read)
        {
            return read.Bytes;
        }

        if (request.ContentLength > limit)
        {
            throw RequestRejected.TooLarge($"The body has more than {limit} bytes.");
        }

        await using var stream = request.Headers.ContentEncoding.ToString().ToLowerInvariant() switch
        {
            "" or "identity" => request.Body,
            "gzip" or "x-gzip" => new GZipStream(request.Body, CompressionMode.Decompress),
            _ => throw RequestRejected.BadRequest("The content encoding is not supported; use gzip or none."),
        };
        try
        {
            var bytes = Trim(await ReadAsync(stream, limit, request.HttpContext));
            features.Set(new ReadBody(bytes));
            return bytes;
        }
        catch (InvalidDataException)
        {
            throw RequestRejected.BadRequest("The body is not valid gzip.");
        }
    }

    private static T Parse<T>(ReadOnlyMemory<byte> bytes)
        where T : class
    {
        try
        {
            RejectUnstorable(bytes.Span);
            var body = JsonSerializer.Deserialize<T>(bytes.Span, Json.Options) ?? throw RequestRejected.BadRequest("The body must not be null.");
            NullItems.Reject(body);
            return body;
        }
        catch (JsonException fault)
        {
            throw RequestRejected.BadRequest(Describe(fault));
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream stream, int limit, HttpContext context)
    {
        var budget = context.RequestServices.GetRequiredService<BodyBudget>();
        using var bytes = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int count;
        while ((count = await stream.ReadAsync(buffer, context.RequestAborted)) > 0)
        {
            if (bytes.Length + count > limit)
            {
                throw RequestRejected.TooLarge($"The body has more than {limit} bytes.");
            }

            budget.Take(context, bytes.Length + count);
            bytes.Write(buffer, 0, count);
        }

        return bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
    }

    private static ReadOnlyMemory<byte> Trim(ReadOnlyMemory<byte> bytes) =>
        bytes.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0 ? ReadOnlyMemory<byte>.Empty : bytes;

    /// <summary>PostgreSQL's jsonb holds neither NUL characters nor half surrogate pairs, and text is UTF-8.</summary>
    private static void RejectUnstorable(ReadOnlySpan<byte> bytes)
    {
        if (!Utf8.IsValid(bytes))
        {
            throw RequestRejected.BadRequest("The body is not UTF-8.");
        }

        var reader = new Utf8JsonReader(bytes, ReaderOptions);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
            {
                RejectUnstorable(ref reader);
            }
        }
    }

    private static void RejectUnstorable(ref Utf8JsonReader reader)
    {
        string text;
        try
        {
            text = reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw RequestRejected.BadRequest("The body holds half of a surrogate pair.");
        }

        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw RequestRejected.BadRequest("The body holds a NUL character.");
        }
    }

    private static string Describe(JsonException fault) => fault switch
    {
        { Path: { Length: > 0 } path } when fault.LineNumber is not null => $"The body is not what is expected at {path}.",
        { LineNumber: { } line, BytePositionInLine: { } column } => $"The body is not JSON: see line {line + 1}, byte {column + 1}.",
        _ => "The body is not what is expected.",
    };

    private sealed record ReadBody(ReadOnlyMemory<byte> Bytes);
}

/// <summary>The most bytes that the body of an endpoint may have, after gzip is undone.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BodyLimitAttribute(int bytes) : Attribute
{
    public int Bytes { get; } = bytes;
}
