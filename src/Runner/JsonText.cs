using System.Text.Json;

namespace Ledger.Runner;

/// <summary>Texts of JSON that others wrote.</summary>
internal static class JsonText
{
    /// <summary>
    /// The text; null if it is none that can be read. JavaScript writes halves of characters, such as a message that was cut in the middle
    /// of one, which are JSON and yet no text.
    /// </summary>
    /// <param name="value">A JSON string.</param>
    public static string? Of(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
