using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ledger.Http.Dialects.TesterArmy;

/// <summary>TesterArmy's JSON: camelCase.</summary>
public static class TesterArmyJson
{
    private static readonly JsonSerializerOptions WithoutNulls = new(DialectJson.Create(JsonNamingPolicy.CamelCase))
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static JsonSerializerOptions Options { get; } = DialectJson.Create(JsonNamingPolicy.CamelCase);

    /// <summary>An answer.</summary>
    public static JsonHttpResult<T> Answer<T>(T body, int status = StatusCodes.Status200OK) =>
        TypedResults.Json(body, Options, statusCode: status);

    /// <summary>A request as it was published: what was not sent is not there.</summary>
    public static JsonObject Published<T>(T request) => (JsonObject)JsonSerializer.SerializeToNode(request, WithoutNulls)!;
}
