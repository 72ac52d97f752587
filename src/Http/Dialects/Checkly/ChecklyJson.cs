using System.Text.Json;

namespace Ledger.Http.Dialects.Checkly;

/// <summary>Checkly's JSON: camelCase.</summary>
public static class ChecklyJson
{
    public static JsonSerializerOptions Options { get; } = DialectJson.Create(JsonNamingPolicy.CamelCase);
}
