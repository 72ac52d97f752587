using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Http.Requests;
using Ledger.Serialization;

namespace Ledger.Http.Dialects;

/// <summary>
/// What the published dialects' JSON has in common: UTC times with milliseconds, nullable members written as null (wire.md 2.5). Unknown
/// members of a request are ignored unless its type is closed (wire.md 2.4); a member that stands there twice says nothing certain and
/// is refused.
/// </summary>
public static class DialectJson
{
    /// <summary>The options for a dialect that names its members after this policy.</summary>
    public static JsonSerializerOptions Create(JsonNamingPolicy naming)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            PropertyNamingPolicy = naming,
            NumberHandling = JsonNumberHandling.Strict,
            PropertyNameCaseInsensitive = false,
            AllowDuplicateProperties = false,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            Converters = { new CamelCaseEnumConverter(), new UtcTimeConverter() },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
