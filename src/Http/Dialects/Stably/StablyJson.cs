using System.Text.Json;

namespace Ledger.Http.Dialects.Stably;

/// <summary>Stably's JSON: camelCase.</summary>
public static class StablyJson
{
    public static JsonSerializerOptions Options { get; } = DialectJson.Create(JsonNamingPolicy.CamelCase);
}
