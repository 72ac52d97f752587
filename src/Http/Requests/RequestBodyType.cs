namespace Ledger.Http.Requests;

/// <summary>
/// What a route reads from its body, for the OpenAPI document. The framework's own metadata for it would refuse other content types
/// before the route is reached; here the content type never matters.
/// </summary>
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

/// <summary>The texts that a route answers with, beside JSON, for who accepts them: for the OpenAPI document.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TextAnswersAttribute(params string[] contentTypes) : Attribute
{
    public IReadOnlyList<string> ContentTypes { get; } = contentTypes;
}
