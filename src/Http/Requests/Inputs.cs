using System.Globalization;
using System.Text.Json;
using Ledger.Http.Errors;
using Ledger.Secrets;
using Ledger.Sessions;

namespace Ledger.Http.Requests;

/// <summary>Checks of single values at the edge. Each names the value in its message.</summary>
public static class Inputs
{
    /// <summary>A uuid in the form with hyphens, in any case.</summary>
    /// <exception cref="RequestRejected">400.</exception>
    public static Guid Uuid(string what, string? text) =>
        Guid.TryParseExact(text, "D", out var id) ? id : throw RequestRejected.BadRequest($"The {what} must be a uuid.");

    /// <summary>A text of 1 to <see cref="Limits.Name"/> characters.</summary>
    /// <exception cref="RequestRejected">400.</exception>
    public static string Name(string what, string? text) =>
        string.IsNullOrWhiteSpace(text) || text.Length > Limits.Name
            ? throw RequestRejected.BadRequest($"'{what}' must have 1 to {Limits.Name} characters.")
            : text;

    /// <summary>The same, or nothing.</summary>
    /// <exception cref="RequestRejected">400.</exception>
    public static string? OptionalName(string what, string? text) => text is null ? null : Name(what, text);

    /// <summary>A reason of at most <see cref="Limits.Reason"/> characters, or nothing.</summary>
    /// <exception cref="RequestRejected">400.</exception>
    public static string? Reason(string? text) =>
        text?.Length > Limits.Reason
            ? throw RequestRejected.BadRequest($"'reason' must have at most {Limits.Reason} characters.")
            : text;

    /// <summary>One of the known types of check.</summary>
    /// <exception cref="RequestRejected">400.</exception>
    public static string CheckType(string what, string? text) =>
        text is not null && CheckTypes.Known.Contains(text)
            ? text
            : throw RequestRejected.BadRequest($"'{what}' must be one of {string.Join(", ", CheckTypes.Known.Order())}.");

    /// <summary>What a caller has runs execute; gives its own limit in seconds, if it has one.</summary>
    /// <exception cref="RequestRejected">400 for what the ledger cannot keep.</exception>
    public static int? Spec(JsonElement? spec)
    {
        if (SpecSecrets.IsForged(spec) || SpecSecrets.HoldsTooMany(spec))
        {
            throw RequestRejected.BadRequest($"'spec' must hold at most {SpecSecrets.Maximum} secrets, and no '{SpecSecrets.SealMember}'.");
        }

        return TimeoutOf(spec);
    }

    /// <summary>The spec's own limit in seconds, if it has one.</summary>
    /// <exception cref="RequestRejected">400 for a limit that is no whole number of seconds from 1 to a day.</exception>
    public static int? TimeoutOf(JsonElement? spec)
    {
        if (spec is not { ValueKind: JsonValueKind.Object } members || !members.TryGetProperty("timeoutSeconds", out var limit)
            || limit.ValueKind is JsonValueKind.Null)
        {
            return null;
        }

        return limit.ValueKind is JsonValueKind.Number && limit.TryGetInt32(out var seconds) && seconds is >= 1 and <= 86_400
            ? seconds
            : throw RequestRejected.BadRequest("'spec.timeoutSeconds' must be a whole number from 1 to 86400.");
    }

    /// <summary>A whole number of the query string within bounds.</summary>
    /// <exception cref="RequestRejected">400.</exception>
    public static int Int(HttpRequest request, string name, int minimum, int maximum, int otherwise)
    {
        var text = request.Query[name].ToString();
        if (text.Length == 0)
        {
            return otherwise;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= minimum && value <= maximum
            ? value
            : throw RequestRejected.BadRequest($"'{name}' must be a whole number from {minimum} to {maximum}.");
    }

    /// <summary>A time of the query string: ISO 8601.</summary>
    /// <exception cref="RequestRejected">400.</exception>
    public static DateTimeOffset? Time(HttpRequest request, string name)
    {
        var text = request.Query[name].ToString();
        if (text.Length == 0)
        {
            return null;
        }

        return UtcTimeConverter.TryParse(text, out var time)
            ? time
            : throw RequestRejected.BadRequest($"'{name}' must be an ISO 8601 time.");
    }
}
