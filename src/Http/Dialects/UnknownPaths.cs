using Ledger.Http.Access;
using Ledger.Http.Errors;

namespace Ledger.Http.Dialects;

/// <summary>
/// A path or method that no route serves: 404 in the envelope of the dialect under whose prefix it stands, and only for callers with a
/// key (wire.md 2.2).
/// </summary>
public static class UnknownPaths
{
    public static void MapUnknownPaths(this IEndpointRouteBuilder routes) => routes
        .MapFallback("/{**path}", string () => throw RequestRejected.NotFound("Not Found"))
        .RequireScope(Enum.GetValues<Scope>())
        .ExcludeFromDescription();
}
