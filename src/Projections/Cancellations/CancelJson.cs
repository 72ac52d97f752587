using System.Text.Json;
using Ledger.Serialization;

namespace Ledger.Projections.Cancellations;

/// <summary>How the parts of a request are written that nobody filters by.</summary>
internal static class CancelJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web) { Converters = { new CamelCaseEnumConverter() } };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
