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

/// <summary>
/// Array parameters of the query string in every style that clients send: <c>a=x&amp;a=y</c>, <c>a[]=x&amp;a[]=y</c> and <c>a=x,y</c>, in
/// any mixture (docs/dialects/common.md#requests).
/// </summary>
public static class QueryArrays
{
    /// <summary>The values, each once; none when the parameter is absent or empty.</summary>
    public static IReadOnlyList<string> Read(IQueryCollection query, string name) =>
    [
        .. query[name]
            .Concat(query[$"{name}[]"])
            .SelectMany(values => (values ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Distinct(),
    ];
}

/// <summary>The times <c>from</c> and <c>to</c> of a query string.</summary>
public static class QueryTimeRange
{
    /// <summary>Reads them; each may be absent.</summary>
    /// <exception cref="RequestRejected">400 for what is no ISO 8601 time, and for a range that ends before it begins.</exception>
    public static (DateTimeOffset? From, DateTimeOffset? To) Read(HttpRequest request)
    {
        var range = (From: Inputs.Time(request, "from"), To: Inputs.Time(request, "to"));
        return range.From > range.To ? throw RequestRejected.BadRequest("'from' must not be after 'to'.") : range;
    }
}
