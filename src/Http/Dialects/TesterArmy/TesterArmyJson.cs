using System.Text.Json;

namespace Ledger.Http.Dialects.TesterArmy;

/// <summary>TesterArmy's JSON: camelCase.</summary>
internal static class TesterArmyJson
{
    public static JsonSerializerOptions Options { get; } = DialectJson.Create(JsonNamingPolicy.CamelCase);
}
