using System.Runtime.InteropServices;
using System.Text.Json;

namespace Ledger.Sessions;

/// <summary>How large opaque JSON is, without copying it.</summary>
public static class JsonSize
{
    // A parsed document keeps a row of so many bytes for each value, name and end in it.
    private const int Row = 12;

    /// <summary>The bytes of its text; 0 for nothing.</summary>
    public static int OfText(JsonElement? json) =>
        json is { ValueKind: not JsonValueKind.Undefined } element ? JsonMarshal.GetRawUtf8Value(element).Length : 0;

    /// <summary>About how many bytes of memory it takes when it is parsed; rather more than less.</summary>
    public static long InMemory(JsonElement? json)
    {
        if (json is not { ValueKind: not JsonValueKind.Undefined } element)
        {
            return 0;
        }

        var text = JsonMarshal.GetRawUtf8Value(element);
        var rows = 1L + text.Count((byte)',') + text.Count((byte)':') + (2L * (text.Count((byte)'{') + text.Count((byte)'[')));
        return text.Length + (Row * rows);
    }

    /// <summary>The smallest members of an object, as many as have room together, as a copy; null of anything else.</summary>
    /// <param name="json">What is too large as a whole.</param>
    /// <param name="room">In bytes of JSON.</param>
    public static JsonElement? SmallMembers(JsonElement json, int room)
    {
        if (json.ValueKind is not JsonValueKind.Object)
        {
            return null;
        }

        var kept = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in json.EnumerateObject().OrderBy(member => OfText(member.Value)))
        {
            room -= member.Name.Length + OfText(member.Value);
            if (room < 0)
            {
                break;
            }

            kept[member.Name] = member.Value;
        }

        return JsonSerializer.SerializeToElement(kept);
    }
}
