namespace Ledger.Http.Requests;

/// <summary>
/// What a route reads from its body, for the OpenAPI document. The framework's own metadata for it would refuse other content types
/// before the route is reached; here the content type never matters (wire.md trap 1).
/// </summary>
/// <param name="Type">The type of the JSON body.</param>
/// <param name="IsRequired">Whether an empty body is refused.</param>
internal sealed record RequestBodyType(Type Type, bool IsRequired);

internal static class RequestBodyExtensions
{
    /// <summary>Describes the JSON body that a route reads by hand.</summary>
    public static RouteHandlerBuilder Reads<T>(this RouteHandlerBuilder route, bool required = true) =>
        route.WithMetadata(new RequestBodyType(typeof(T), required));
}
