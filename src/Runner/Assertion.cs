using System.Globalization;
using System.Text.RegularExpressions;

namespace Ledger.Runner;

/// <summary>One thing that is expected of an answer.</summary>
/// <param name="Source">STATUS_CODE, RESPONSE_TIME (milliseconds), HEADERS, TEXT_BODY or JSON_BODY.</param>
/// <param name="Property">The name of a header, a JSONPath, or for a text body an expression that finds the part.</param>
/// <param name="Comparison">How what was found, which may be nothing, compares with the target.</param>
/// <param name="Target">With what; always taken as a text.</param>
/// <param name="Regex">An expression that finds the part of a header or text.</param>
internal sealed record Assertion(string? Source, string? Property, string? Comparison, JsonElement? Target, string? Regex)
{
    private static readonly Dictionary<string, Func<JsonElement?, string, bool>> Comparisons = new(StringComparer.Ordinal)
    {
        ["EQUALS"] = IsEqual,
        ["NOT_EQUALS"] = (actual, target) => !IsEqual(actual, target),
        ["HAS_KEY"] = HasKey,
        ["NOT_HAS_KEY"] = (actual, target) => !HasKey(actual, target),
        ["HAS_VALUE"] = HasValue,
        ["NOT_HAS_VALUE"] = (actual, target) => !HasValue(actual, target),
        ["IS_EMPTY"] = (actual, _) => IsEmpty(actual),
        ["NOT_EMPTY"] = (actual, _) => !IsEmpty(actual),
        ["GREATER_THAN"] = (actual, target) => NumberOf(actual) > NumberOf(target),
        ["LESS_THAN"] = (actual, target) => NumberOf(actual) < NumberOf(target),
        ["CONTAINS"] = Contains,
        ["NOT_CONTAINS"] = (actual, target) => !Contains(actual, target),
        ["IS_NULL"] = (actual, _) => IsNull(actual),
        ["NOT_NULL"] = (actual, _) => !IsNull(actual),
    };

    private static UnreadableBodyException Unreadable => new("the body holds something that is no readable text");

    /// <summary>How to check it. The values of variables stay out of what it says.</summary>
    /// <param name="fill">Puts the values of variables in a text.</param>
    /// <param name="path">Where it stands in the spec.</param>
    /// <exception cref="UnusableSpecException">It uses what this runner does not know.</exception>
    public Func<ApiResponse, AssertionDetails> Compile(Func<string, string> fill, string path)
    {
        if (string.IsNullOrEmpty(Source) || string.IsNullOrEmpty(Comparison))
        {
            throw new UnusableSpecException($"{path}.{(string.IsNullOrEmpty(Source) ? "source" : "comparison")} is missing");
        }

        // The vendor's client makes a text of everything; people who write specs by hand do not.
        var written = Target switch
        {
            null => string.Empty,
            { ValueKind: JsonValueKind.String } text => JsonText.Of(text) ?? throw new UnusableSpecException($"{path}.target is no readable text"),
            { } value => value.GetRawText(),
        };
        // The names of headers are in lower case, however the answer or the spec writes them.
        var isHeaderName = Source is "HEADERS" && string.IsNullOrEmpty(Property) && Comparison is "HAS_KEY" or "NOT_HAS_KEY";
        var target = isHeaderName ? fill(written).ToLowerInvariant() : fill(written);
        var find = Finder(fill(Property ?? string.Empty), path);
        var details = new AssertionDetails(Shown(Source), Shown(Property ?? string.Empty), Comparison, Shown(written), Actual: null, Error: null);
        return Comparisons.TryGetValue(Comparison, out var holds)
            ? response => Check(response, details, find, actual => holds(actual, target))
            : throw new UnusableSpecException($"{path}.comparison is {LogLine.Of(Comparison)}, which this runner does not know");
    }

    /// <summary>A value as text: texts as they are, everything else as JSON.</summary>
    /// <exception cref="UnreadableBodyException">It is no readable text.</exception>
    public static string TextOf(JsonElement value) =>
        value.ValueKind is JsonValueKind.String ? JsonText.Of(value) ?? throw Unreadable : value.GetRawText();

    private static AssertionDetails Check(
        ApiResponse response, AssertionDetails details, Func<ApiResponse, JsonElement?> find, Func<JsonElement?, bool> holds)
    {
        try
        {
            var actual = find(response);
            return details with { Actual = actual is { } found ? Shown(TextOf(found)) : null, Error = holds(actual) ? null : "it does not hold" };
        }
        catch (RegexMatchTimeoutException)
        {
            return details with { Error = "the regular expression takes too long" };
        }
        catch (Exception e) when (e is InvalidOperationException or UnreadableBodyException)
        {
            // So say names of members that are no readable text.
            return details with { Error = e is UnreadableBodyException ? e.Message : Unreadable.Message };
        }
    }

    // Finds the part of the answer that this looks at; null if it is not there.
    private Func<ApiResponse, JsonElement?> Finder(string property, string path)
    {
        switch (Source)
        {
            case "STATUS_CODE":
                return response => Value(response.Status);
            case "RESPONSE_TIME":
                return response => Value((long)response.Time.TotalMilliseconds);
            case "HEADERS" when property.Length == 0:
                return response => Value(response.Headers);
            case "HEADERS":
                var inHeader = Part(Regex, path);
                return response => response.Headers.GetValueOrDefault(property.ToLowerInvariant()) is { } value ? inHeader(value) : null;
            case "TEXT_BODY":
                var inBody = Part(property.Length > 0 ? property : Regex, path);
                return response => inBody(response.Body);
            case "JSON_BODY":
                var jsonPath = JsonPath.Parse(property);
                return response => jsonPath.Find(Parsed(response.Body) ?? throw new UnreadableBodyException("the body is no JSON"));
            default:
                throw new UnusableSpecException($"{path}.source is {LogLine.Of(Source)}, which this runner does not know");
        }
    }

    // The first group is the part, or all that the expression matches if it has none.
    private static Func<string, JsonElement?> Part(string? expression, string path)
    {
        if (string.IsNullOrEmpty(expression))
        {
            return text => Value(text);
        }

        try
        {
            var regex = new Regex(expression, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
            return text => regex.Match(text) is { Success: true } match ? Value(match.Groups[match.Groups.Count > 1 ? 1 : 0].Value) : null;
        }
        catch (RegexParseException e)
        {
            throw new UnusableSpecException($"{path} holds a regular expression that cannot be read: {e.Error}");
        }
    }

    private static JsonElement Value<T>(T value) => JsonSerializer.SerializeToElement(value);

    private static JsonElement? Parsed(string json)
    {
        try
        {
            return JsonElement.Parse(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsEqual(JsonElement? actual, string target) => actual switch
    {
        null => false,
        { ValueKind: JsonValueKind.Number } number => NumberOf(number) is { } value && value == NumberOf(target),
        { ValueKind: JsonValueKind.Object or JsonValueKind.Array } value => Parsed(target) is { } other && JsonElement.DeepEquals(value, other),
        { } value => TextOf(value) == target,
    };

    private static bool HasKey(JsonElement? actual, string target) =>
        actual is { ValueKind: JsonValueKind.Object } value && value.TryGetProperty(target, out _);

    private static bool HasValue(JsonElement? actual, string target) => actual switch
    {
        { ValueKind: JsonValueKind.Object } value => value.EnumerateObject().Any(member => IsEqual(member.Value, target)),
        { ValueKind: JsonValueKind.Array } value => value.EnumerateArray().Any(item => IsEqual(item, target)),
        _ => false,
    };

    private static bool Contains(JsonElement? actual, string target) => actual switch
    {
        null => false,
        { ValueKind: JsonValueKind.Array } value => HasValue(value, target),
        { } value => TextOf(value).Contains(target, StringComparison.Ordinal),
    };

    private static bool IsNull(JsonElement? actual) => actual is null or { ValueKind: JsonValueKind.Null };

    private static bool IsEmpty(JsonElement? actual) => actual switch
    {
        { ValueKind: JsonValueKind.String } value => TextOf(value).Length == 0,
        { ValueKind: JsonValueKind.Array } value => value.GetArrayLength() == 0,
        { ValueKind: JsonValueKind.Object } value => !value.EnumerateObject().Any(),
        _ => IsNull(actual),
    };

    private static double? NumberOf(JsonElement? actual) => actual is { } value ? NumberOf(TextOf(value)) : null;

    private static double? NumberOf(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Shown(string text) => JsonText.Cut(text, 300);
}

/// <summary>
/// The part of JSONPath that assertions use: <c>$</c>, <c>.name</c>, <c>['name']</c>, <c>[0]</c>, <c>[-1]</c>, <c>.*</c>, <c>[*]</c>,
/// <c>..name</c>, and <c>.length</c> of arrays and texts. A path without wildcards finds one value or none; with them, an array.
/// </summary>
internal sealed partial class JsonPath
{
    private const int MaximumFound = 10_000;
    private readonly List<Func<JsonElement, IEnumerable<JsonElement>>> steps = [];
    private bool findsMany;

    // A dot before a bracket means nothing: $.[0].key is what the vendor's documentation writes.
    [GeneratedRegex(
        """^(?:(?<deep>\.\.)|\.)?(?:(?<every>\*)|(?<=\.)(?<name>[^\s.\[\]()*'"?@]+)|\[\s*(?:(?<every>\*)|(?<index>-?[0-9]{1,9})|'(?<name>[^']*)'|"(?<name>[^"]*)")\s*\])""",
        RegexOptions.None,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Step { get; }

    /// <summary>Reads a path. The leading <c>$</c> may be left out.</summary>
    /// <exception cref="UnusableSpecException">It uses what this runner does not know.</exception>
    public static JsonPath Parse(string path)
    {
        var parsed = new JsonPath();
        var rest = path.Trim();
        rest = rest.StartsWith('$') ? rest[1..] : rest is [] or ['.' or '[', ..] ? rest : $".{rest}";
        while (rest.Length > 0)
        {
            var match = Step.Match(rest);
            if (!match.Success)
            {
                throw new UnusableSpecException($"this runner does not know the JSONPath {LogLine.Of(path)}");
            }

            parsed.Add(match.Groups);
            rest = rest[match.Length..];
        }

        return parsed;
    }

    /// <summary>What the path leads to; null if that is not there.</summary>
    public JsonElement? Find(JsonElement root)
    {
        List<JsonElement> found = [root];
        foreach (var step in steps)
        {
            found = [.. found.SelectMany(step).Take(MaximumFound)];
        }

        return findsMany ? JsonSerializer.SerializeToElement(found) : found.Count > 0 ? found[0] : null;
    }

    private void Add(GroupCollection groups)
    {
        var (isDeep, isEvery) = (groups["deep"].Success, groups["every"].Success);
        findsMany |= isDeep || isEvery;
        if (isDeep)
        {
            steps.Add(Deep);
        }

        steps.Add(isEvery ? Every : groups["index"].Success ? Indexed(int.Parse(groups["index"].Value)) : Named(groups["name"].Value));
    }

    private static Func<JsonElement, IEnumerable<JsonElement>> Named(string name) => value => value.ValueKind switch
    {
        JsonValueKind.Object when value.TryGetProperty(name, out var member) => [member],
        JsonValueKind.Array when name is "length" => [JsonSerializer.SerializeToElement(value.GetArrayLength())],
        JsonValueKind.String when name is "length" => [JsonSerializer.SerializeToElement(Assertion.TextOf(value).Length)],
        _ => [],
    };

    private static Func<JsonElement, IEnumerable<JsonElement>> Indexed(int index) => value =>
    {
        var length = value.ValueKind is JsonValueKind.Array ? value.GetArrayLength() : 0;
        var position = index < 0 ? length + index : index;
        return position >= 0 && position < length ? [value[position]] : [];
    };

    private static IEnumerable<JsonElement> Every(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().Select(member => member.Value),
        JsonValueKind.Array => value.EnumerateArray(),
        _ => [],
    };

    // The value and everything in it.
    private static IEnumerable<JsonElement> Deep(JsonElement value) => Every(value).SelectMany(Deep).Prepend(value);
}
