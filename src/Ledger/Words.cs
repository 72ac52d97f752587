using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ledger;

/// <summary>
/// The published words of an enum: as they stand in the JSON of events and of every interface, in tables, in the labels of metrics and in exports.
/// </summary>
public static class Words<T>
    where T : struct, Enum
{
    private static readonly FrozenDictionary<T, string> ByValue = Enum.GetValues<T>().ToFrozenDictionary(value => value, WordOf);
    private static readonly FrozenDictionary<string, T> ByWord = ByValue.ToFrozenDictionary(entry => entry.Value, entry => entry.Key, StringComparer.Ordinal);

    /// <summary>All of them, by the alphabet.</summary>
    public static IEnumerable<string> Known => ByWord.Keys.Order(StringComparer.Ordinal);

    /// <summary>The word of a value.</summary>
    public static string Of(T value) => ByValue[value];

    /// <summary>The same; null of none.</summary>
    public static string? OrNull(T? value) => value is { } known ? Of(known) : null;

    /// <summary>The value of a word that the ledger has written itself.</summary>
    public static T Read(string word) => ByWord[word];

    /// <summary>The same; none of null.</summary>
    public static T? ReadOrNull(string? word) => word is null ? null : Read(word);

    /// <summary>The value that anybody's word means; null when it means none.</summary>
    public static T? Find(string? word) => word is not null && ByWord.TryGetValue(word, out var value) ? value : null;

    private static string WordOf(T value)
    {
        var name = value.ToString();
        return typeof(T).GetField(name)!.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name
            ?? JsonNamingPolicy.CamelCase.ConvertName(name);
    }
}
