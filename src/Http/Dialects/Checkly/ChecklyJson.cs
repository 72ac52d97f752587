using System.Text.Json;
using Ledger.Http.Requests;
using Ledger.Serialization;

namespace Ledger.Http.Dialects.Checkly;

/// <summary>Checkly's JSON: camelCase, UTC times with milliseconds, nullable members written as null (wire.md 2.5).</summary>
internal static class ChecklyJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            Converters = { new CamelCaseEnumConverter(), new UtcTimeConverter() },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
