using System.Collections.Frozen;
using System.Text.Json;
using Ledger.Http.Errors;

namespace Ledger.Http.Requests;

/// <summary>The published words of an enum in a query string: the same as in JSON.</summary>
public static class QueryWords<T>
    where T : struct, Enum
{
    private static readonly FrozenDictionary<string, T> Values = Enum.GetValues<T>()
        .ToFrozenDictionary(value => JsonSerializer.SerializeToElement(value, Json.Options).GetString()!, StringComparer.Ordinal);

    /// <summary>All values of a parameter that may stand several times; empty when it is absent.</summary>
    /// <exception cref="RequestRejected">400 for an unknown word.</exception>
    public static IReadOnlyList<T> All(HttpRequest request, string name) => [.. request.Query[name].Select(word => Parse(name, word))];

    /// <summary>The value of a parameter that may stand once; null when it is absent.</summary>
    /// <exception cref="RequestRejected">400 for an unknown word, or several.</exception>
    public static T? One(HttpRequest request, string name) => All(request, name) switch
    {
        [] => null,
        [var value] => value,
        _ => throw RequestRejected.BadRequest($"'{name}' may stand only once."),
    };

    /// <summary>The value that a word means; null when it means none.</summary>
    public static T? Find(string? word) => word is not null && Values.TryGetValue(word, out var value) ? value : null;

    private static T Parse(string name, string? word) => Find(word)
        ?? throw RequestRejected.BadRequest($"'{name}' must be one of {string.Join(", ", Values.Keys.Order(StringComparer.Ordinal))}.");
}
