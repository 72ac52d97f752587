using System.Text.Json;
using Ledger.Http.Requests;
using Ledger.Serialization;

namespace Ledger.Http.Dialects.Checkly;

/// <summary>
/// Checkly's JSON: camelCase, UTC times with milliseconds, nullable members written as null (wire.md 2.5). Unknown members of a request
/// are ignored unless its type is closed (wire.md 2.4); a member that stands there twice says nothing certain and is refused.
/// </summary>
internal static class ChecklyJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict,
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
