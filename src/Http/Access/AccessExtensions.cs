namespace Ledger.Http.Access;

/// <summary>What a route needs of the key: one of these scopes. A route without this is open to everyone.</summary>
/// <param name="Scopes">Any of these is enough.</param>
public sealed record RequiredScopes(params IReadOnlyList<Scope> Scopes);

/// <summary>How routes say what they need, and requests who asks.</summary>
public static class AccessExtensions
{
    private static readonly object KeyItem = new();

    /// <summary>Requires a key with one of these scopes.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder builder, params IReadOnlyList<Scope> scopes)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RequiredScopes(scopes));

    /// <summary>The key that the request came with. Only on routes that require a scope.</summary>
    public static ApiKey Key(this HttpContext context) =>
        (ApiKey)(context.Items[KeyItem] ?? throw new InvalidOperationException("This route requires no key."));

    public static void SetKey(this HttpContext context, ApiKey key) => context.Items[KeyItem] = key;
}
