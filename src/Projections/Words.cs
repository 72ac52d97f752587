using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ledger.Projections;

/// <summary>The published words of an enum, as they stand in the events' JSON: what tables hold, so that they can be read by people.</summary>
internal static class Words<T>
    where T : struct, Enum
{
    private static readonly FrozenDictionary<T, string> ByValue = Enum.GetValues<T>().ToFrozenDictionary(value => value, WordOf);
    private static readonly FrozenDictionary<string, T> ByWord = ByValue.ToFrozenDictionary(entry => entry.Value, entry => entry.Key);

    public static string Of(T value) => ByValue[value];

    public static string? OrNull(T? value) => value is { } known ? Of(known) : null;

    public static T Read(string word) => ByWord[word];

    public static T? ReadOrNull(string? word) => word is null ? null : Read(word);

    private static string WordOf(T value)
    {
        var name = value.ToString();
        return typeof(T).GetField(name)!.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name
            ?? JsonNamingPolicy.CamelCase.ConvertName(name);
    }
}
