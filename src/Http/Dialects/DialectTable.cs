namespace Ledger.Http.Dialects;

/// <summary>Which dialect a request is in. A path outside every prefix is Checkly's (wire.md 2.2).</summary>
public sealed class DialectTable(IReadOnlyList<Dialect> dialects, Dialect otherwise)
{
    /// <summary>By the matched route, else by the path.</summary>
    public Dialect For(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<Dialect>()
        ?? dialects.FirstOrDefault(dialect => dialect.Prefixes.Any(prefix => context.Request.Path.StartsWithSegments(prefix)))
        ?? otherwise;
}
