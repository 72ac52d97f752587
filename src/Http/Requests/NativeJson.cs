using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Serialization;

namespace Ledger.Http.Requests;

/// <summary>JSON of the native interface: camelCase, unknown request fields refused, UTC times (http.md).</summary>
public static class NativeJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
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
