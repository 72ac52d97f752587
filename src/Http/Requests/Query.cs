using Ledger.Projections;

namespace Ledger.Http.Requests;

/// <summary>
/// What endpoints read from the query string, where a parameter without a value counts as absent. Wrong values are refused by name with 400, in the
/// caller's dialect; the framework's own binding would take them for absent.
/// </summary>
public static partial class Inputs
{
    private const int DefaultLimit = 20;
    private const int MaximumLimit = 100;

    /// <summary>Refuses parameters that the route does not describe: a misspelt filter would silently let all through.</summary>
    public static void RejectUnknown(this HttpRequest request)
    {
        var known = request.HttpContext.GetEndpoint()!.Metadata.GetOrderedMetadata<RequestParameterAttribute>();
        if (request.Query.Keys.FirstOrDefault(name => known.All(parameter => parameter.Name != name)) is { } unknown)
        {
            throw RequestRejected.BadRequest($"There is no parameter '{unknown}'.");
        }
    }

    /// <summary>Any text; null when it is absent.</summary>
    public static string? Text(this HttpRequest request, string name) => request.Query[name].ToString() is { Length: > 0 } text ? text : null;

    /// <summary>A text of at most <see cref="Limits.Name"/> characters.</summary>
    public static string? Name(this HttpRequest request, string name) => OptionalName(name, request.Text(name));

    public static Guid? Uuid(this HttpRequest request, string name) => request.Text(name) is { } text ? Uuid(name, text) : null;

    /// <summary>How many entries a page has at most.</summary>
    public static int Limit(this HttpRequest request, int otherwise = DefaultLimit, int maximum = MaximumLimit) =>
        request.Int("limit", 1, maximum, otherwise);

    /// <summary>A whole number within bounds.</summary>
    public static int Int(this HttpRequest request, string name, int minimum, int maximum, int otherwise) =>
        request.Text(name) is not { } text ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= minimum && value <= maximum ? value
        : throw RequestRejected.BadRequest($"'{name}' must be a whole number from {minimum} to {maximum}.");

    /// <summary>A whole number from 0 on that the ledger has given, such as a position.</summary>
    public static long? Number(this HttpRequest request, string name, string what) =>
        request.Text(name) is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw RequestRejected.BadRequest($"'{name}' must be {what}.");

    /// <summary>An ISO 8601 time.</summary>
    public static DateTimeOffset? Time(this HttpRequest request, string name) =>
        request.Text(name) is not { } text ? null
        : UtcTimeConverter.TryParse(text, out var time) ? time
        : throw RequestRejected.BadRequest($"'{name}' must be an ISO 8601 time.");

    /// <summary>The times <c>from</c> and <c>to</c>; each may be absent.</summary>
    public static (DateTimeOffset? From, DateTimeOffset? To) TimeRange(this HttpRequest request)
    {
        var range = (From: request.Time("from"), To: request.Time("to"));
        return range.From > range.To ? throw RequestRejected.BadRequest("'from' must not be after 'to'.") : range;
    }

    /// <summary>Where a page of sessions, or of a session's runs, begins.</summary>
    public static long? Cursor(this HttpRequest request) =>
        request.Text("cursor") is not { } text ? null
        : SessionListCursor.TryRead(text, out var place) ? place
        : throw NoCursor();

    /// <summary>Where a page of a list begins that is ordered by time.</summary>
    public static TimeCursor? CursorInTime(this HttpRequest request) =>
        request.Text("cursor") is { } text ? TimeCursor.Parse(text) ?? throw NoCursor() : null;

    /// <summary>Where a page of a list begins that is ordered by name.</summary>
    public static NamePlace PlaceByName(this HttpRequest request) =>
        request.Text("cursor") is { } text ? NamePlace.Parse(text) ?? throw NoCursor() : NamePlace.First;

    /// <summary>Where a page of a list begins whose entries have numbers of their own.</summary>
    public static long? NumberCursor(this HttpRequest request) => request.Number("cursor", "the nextCursor of the page before");

    /// <summary>The value of an enum, by its published word; it may stand once.</summary>
    public static T? Word<T>(this HttpRequest request, string name)
        where T : struct, Enum => request.Words<T>(name) switch
        {
            [] => null,
            [var value] => value,
            _ => throw RequestRejected.BadRequest($"'{name}' may stand only once."),
        };

    /// <summary>The values of an enum, each parameter one of them.</summary>
    public static IReadOnlyList<T> Words<T>(this HttpRequest request, string name)
        where T : struct, Enum => [.. request.Query[name].Select(word => Ledger.Words<T>.Find(word)
            ?? throw RequestRejected.BadRequest($"'{name}' must be one of {string.Join(", ", Ledger.Words<T>.Known)}."))];

    private static RequestRejected NoCursor() => RequestRejected.BadRequest("'cursor' must be the nextCursor of the page before.");
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
