using Microsoft.OpenApi;

namespace Ledger.Http.Requests;

/// <summary>
/// What a route reads from its query or its headers, for the OpenAPI document. Like bodies, these are read by hand: a wrong one is
/// answered in the caller's dialect, and some come in several styles.
/// </summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
public abstract class RequestParameterAttribute(string name, ParameterLocation place, JsonSchemaType type, string description) : Attribute
{
    public string Name => name;

    public ParameterLocation Place => place;

    public JsonSchemaType Type => type;

    public string Description => description;

    /// <summary>Whether the request is refused without it.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Whether it may stand several times.</summary>
    public bool IsArray { get; init; }
}

public sealed class QueryTextAttribute(string name, string description)
    : RequestParameterAttribute(name, ParameterLocation.Query, JsonSchemaType.String, description);

public sealed class QueryNumberAttribute(string name, string description)
    : RequestParameterAttribute(name, ParameterLocation.Query, JsonSchemaType.Integer, description);

public sealed class HeaderTextAttribute(string name, string description)
    : RequestParameterAttribute(name, ParameterLocation.Header, JsonSchemaType.String, description);
