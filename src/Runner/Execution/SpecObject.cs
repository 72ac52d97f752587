using System.Text.Json;

namespace Ledger.Runner.Execution;

/// <summary>An object inside a run's spec. Absent and null are the same; what is of another kind than it should is an error.</summary>
/// <param name="members">The object.</param>
/// <param name="path">How messages name it, such as <c>spec.bundle</c>.</param>
internal sealed class SpecObject(JsonElement members, string path)
{
    /// <summary>How messages name it.</summary>
    public string Path => path;

    /// <summary>A member; null if it is absent or null.</summary>
    public JsonElement? Find(string name) =>
        members.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value : null;

    /// <summary>A text, or null.</summary>
    /// <exception cref="UnusableSpecException">It is something else, or holds a NUL character.</exception>
    public string? Text(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => Readable(name, value),
        _ => throw new UnusableSpecException($"{path}.{name} must be a string"),
    };

    /// <summary>A text that has to be there.</summary>
    /// <exception cref="UnusableSpecException">It is not, or is empty.</exception>
    public string RequiredText(string name) => Text(name) is { Length: > 0 } text ? text : throw Missing(name);

    /// <summary>An array of texts; empty if it is absent.</summary>
    /// <exception cref="UnusableSpecException">It is something else.</exception>
    public IReadOnlyList<string> Texts(string name, string meaning)
    {
        if (Find(name) is not { } value)
        {
            return [];
        }

        return value.ValueKind is JsonValueKind.Array && value.EnumerateArray().All(v => v.ValueKind is JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(v => Readable(name, v))]
            : throw new UnusableSpecException($"{path}.{name} must be an array of strings: {meaning}");
    }

    /// <summary>A truth value.</summary>
    /// <exception cref="UnusableSpecException">It is something else.</exception>
    public bool Flag(string name, bool otherwise) => Find(name)?.ValueKind switch
    {
        null => otherwise,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new UnusableSpecException($"{path}.{name} must be true or false"),
    };

    /// <summary>A number within bounds, or null.</summary>
    /// <exception cref="UnusableSpecException">It is something else.</exception>
    public double? Number(string name, double minimum, double maximum) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetDouble(out var number) && number >= minimum && number <= maximum => number,
        _ => throw new UnusableSpecException($"{path}.{name} must be a number from {minimum} to {maximum}"),
    };

    /// <summary>An object, or null.</summary>
    /// <exception cref="UnusableSpecException">It is something else.</exception>
    public SpecObject? Object(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => new SpecObject(value, $"{path}.{name}"),
        _ => throw new UnusableSpecException($"{path}.{name} must be an object"),
    };

    /// <summary>An array of objects; empty if it is absent.</summary>
    /// <exception cref="UnusableSpecException">It is something else, or has more than <paramref name="maximum"/> of them.</exception>
    public IReadOnlyList<SpecObject> Objects(string name, int maximum)
    {
        if (Find(name) is not { } value)
        {
            return [];
        }

        return value.ValueKind is JsonValueKind.Array && value.GetArrayLength() <= maximum
            && value.EnumerateArray().All(v => v.ValueKind is JsonValueKind.Object)
                ? [.. value.EnumerateArray().Select((v, i) => new SpecObject(v, $"{path}.{name}[{i}]"))]
                : throw new UnusableSpecException($"{path}.{name} must be an array of at most {maximum} objects");
    }

    /// <summary>A member that should be there and is not.</summary>
    public UnusableSpecException Missing(string name) => new($"{path}.{name} is missing");

    private string Readable(string name, JsonElement value) => JsonText.Of(value) switch
    {
        null => throw new UnusableSpecException($"{path}.{name} is no readable text"),
        var text when text.Contains('\0') => throw new UnusableSpecException($"{path}.{name} contains a NUL character"),
        var text => text,
    };
}
