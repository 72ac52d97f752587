namespace Ledger.Http.Requests;

/// <summary>
/// What a route reads from its body, for the OpenAPI document. The framework's own metadata for it would refuse other content types
/// before the route is reached; here the content type never matters (wire.md trap 1).
/// </summary>
/// <param name="Type">The type of the body.</param>
/// <param name="IsRequired">Whether an empty body is refused.</param>
/// <param name="ContentType">The content type of what is described.</param>
public sealed record RequestBodyType(Type Type, bool IsRequired, string ContentType = "application/json");

public static class RequestBodyExtensions
{
    /// <summary>Describes the JSON body that a route reads by hand.</summary>
    public static RouteHandlerBuilder Reads<T>(this RouteHandlerBuilder route, bool required = true) =>
        route.WithMetadata(new RequestBodyType(typeof(T), required));

    /// <summary>Describes a body of bytes.</summary>
    public static RouteHandlerBuilder ReadsBytes(this RouteHandlerBuilder route) =>
        route.WithMetadata(new RequestBodyType(typeof(Stream), IsRequired: true, "application/octet-stream"));
}
