using System.Globalization;
using Ledger.Http.Errors;

namespace Ledger.Http.Dialects.Checkly;

/// <summary>Single values of the query string, as this dialect writes them (wire.md 2.4). Each is named in its message.</summary>
public static class QueryValues
{
    /// <summary>A time in Unix seconds, with or without a fraction; null when it is absent.</summary>
    /// <exception cref="RequestRejected">400.</exception>
    public static DateTimeOffset? UnixTime(HttpRequest request, string name)
    {
        var text = request.Query[name].ToString();
        if (text.Length == 0)
        {
            return null;
        }

        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
                ? DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond))
                : throw RequestRejected.BadRequest($"'{name}' must be a time in Unix seconds.");
    }

    /// <summary>True or false; null when it is absent.</summary>
    /// <exception cref="RequestRejected">400.</exception>
    public static bool? Flag(HttpRequest request, string name) => request.Query[name].ToString() switch
    {
        "" => null,
        "true" => true,
        "false" => false,
        _ => throw RequestRejected.BadRequest($"'{name}' must be true or false."),
    };

    /// <summary>One of several words; null when it is absent.</summary>
    /// <exception cref="RequestRejected">400.</exception>
    public static string? Word(HttpRequest request, string name, IReadOnlyCollection<string> known)
    {
        var text = request.Query[name].ToString();
        return text.Length == 0 ? null
            : known.Contains(text) ? text
            : throw RequestRejected.BadRequest($"'{name}' must be one of {string.Join(", ", known)}.");
    }
}
