using Microsoft.OpenApi;

namespace Ledger.Http.Requests;

/// <summary>
/// What a route reads from its query or its headers, for the OpenAPI document. Like bodies, these are read by hand: a wrong one is
/// answered in the caller's dialect, and some come in several styles (wire.md 2.4).
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Place">The query or a header.</param>
/// <param name="Type">The JSON type of one value.</param>
/// <param name="Description">What it means, with its bounds.</param>
/// <param name="IsRequired">Whether the request is refused without it.</param>
/// <param name="IsArray">Whether it may stand several times.</param>
public sealed record RequestParameter(
    string Name, ParameterLocation Place, JsonSchemaType Type, string Description, bool IsRequired = false, bool IsArray = false);

public static class RequestParameterExtensions
{
    /// <summary>Describes a text of the query.</summary>
    public static TBuilder ReadsText<TBuilder>(this TBuilder builder, string name, string description)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequestParameter(name, ParameterLocation.Query, JsonSchemaType.String, description));

    /// <summary>Describes several texts of the query under one name.</summary>
    public static TBuilder ReadsTexts<TBuilder>(this TBuilder builder, string name, string description)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequestParameter(name, ParameterLocation.Query, JsonSchemaType.String, description, IsArray: true));

    /// <summary>Describes a number of the query.</summary>
    public static TBuilder ReadsNumber<TBuilder>(this TBuilder builder, string name, string description)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequestParameter(name, ParameterLocation.Query, JsonSchemaType.Integer, description));

    /// <summary>Describes a header.</summary>
    public static TBuilder ReadsHeader<TBuilder>(this TBuilder builder, string name, string description, bool required = false)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequestParameter(name, ParameterLocation.Header, JsonSchemaType.String, description, required));
}
