using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ledger.Web.Shared;

/// <summary>JSON as people read it.</summary>
public static class PrettyJson
{
    // Escaped or not is for browsers: what stands in a page is text, whatever it holds.
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(JsonElement json) => JsonSerializer.Serialize(json, Options);
}
