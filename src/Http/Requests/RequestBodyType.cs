namespace Ledger.Http.Requests;

/// <summary>
/// What a route reads from its body, for the OpenAPI document. The framework's own metadata for it would refuse other content types
/// before the route is reached; here the content type never matters.
/// </summary>
/// <param name="type">The type of the body.</param>
/// <param name="isRequired">Whether an empty body is refused.</param>
/// <param name="contentType">The content type of what is described.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequestBodyType(Type type, bool isRequired, string contentType = "application/json") : Attribute
{
    /// <summary>The content type of a body that is any bytes.</summary>
    public const string Bytes = "application/octet-stream";

    public Type Type { get; } = type;

    public bool IsRequired { get; } = isRequired;

    public string ContentType { get; } = contentType;
}

public static class RequestBodyExtensions
{
    /// <summary>Describes the JSON body that a route reads by hand.</summary>
    public static RouteHandlerBuilder Reads<T>(this RouteHandlerBuilder route, bool required = true) =>
        route.WithMetadata(new RequestBodyType(typeof(T), required));

    /// <summary>Describes a body of bytes.</summary>
    public static RouteHandlerBuilder ReadsBytes(this RouteHandlerBuilder route) =>
        route.WithMetadata(new RequestBodyType(typeof(Stream), isRequired: true, RequestBodyType.Bytes));
}
