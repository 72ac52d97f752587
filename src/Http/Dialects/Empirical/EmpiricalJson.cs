using System.Text.Json;

namespace Ledger.Http.Dialects.Empirical;

/// <summary>Empirical's JSON: snake_case.</summary>
public static class EmpiricalJson
{
    public static JsonSerializerOptions Options { get; } = DialectJson.Create(JsonNamingPolicy.SnakeCaseLower);
}
