using System.Globalization;
using System.Text.Json;
using Ledger.Runner.Execution;

namespace Ledger.Runner.ApiRequests;

/// <summary>A way to compare what was found, which may be nothing, with a target, which is always a text.</summary>
/// <param name="holds">Whether it holds.</param>
internal sealed class Comparison(Func<JsonElement?, string, bool> holds)
{
    private static readonly Dictionary<string, Func<JsonElement?, string, bool>> Known = new(StringComparer.Ordinal)
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

    /// <summary>A comparison by its name in the spec.</summary>
    /// <exception cref="UnusableSpecException">This runner does not know it.</exception>
    public static Comparison Named(string name, string path) => Known.TryGetValue(name, out var holds)
        ? new Comparison(holds)
        : throw new UnusableSpecException($"{path}.comparison is {LogLine.Of(name)}, which this runner does not know");

    private static UnreadableBodyException Unreadable => new("the body holds something that is no readable text");

    /// <summary>A value as text: texts as they are, everything else as JSON.</summary>
    /// <exception cref="UnreadableBodyException">It is no readable text.</exception>
    public static string TextOf(JsonElement value) =>
        value.ValueKind is JsonValueKind.String ? JsonText.Of(value) ?? throw Unreadable : value.GetRawText();

    /// <summary>Whether it holds.</summary>
    public bool Holds(JsonElement? actual, string target) => holds(actual, target);

    private static bool IsEqual(JsonElement? actual, string target) => actual switch
    {
        null => false,
        { ValueKind: JsonValueKind.Number } number => NumberOf(number) is { } value && value == NumberOf(target),
        { ValueKind: JsonValueKind.Object or JsonValueKind.Array } value => IsSameJson(value, target),
        { } value => TextOf(value) == target,
    };

    private static bool IsSameJson(JsonElement value, string target)
    {
        try
        {
            return JsonElement.DeepEquals(value, JsonElement.Parse(target));
        }
        catch (JsonException)
        {
            return false;
        }
    }

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
}
