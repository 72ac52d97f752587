namespace Ledger.Http.Requests;

/// <summary>Checks of single values at the edge. What fails is refused with 400, by its name.</summary>
public static partial class Inputs
{
    /// <summary>A uuid in the form with hyphens, in any case.</summary>
    public static Guid Uuid(string what, string? text) =>
        Guid.TryParseExact(text, "D", out var id) ? id : throw RequestRejected.BadRequest($"The {what} must be a uuid.");

    /// <summary>A text of 1 to <see cref="Limits.Name"/> characters.</summary>
    public static string Name(string what, string? text) =>
        string.IsNullOrWhiteSpace(text) || text.Length > Limits.Name
            ? throw RequestRejected.BadRequest($"'{what}' must have 1 to {Limits.Name} characters.")
            : text;

    /// <summary>The same, or nothing.</summary>
    public static string? OptionalName(string what, string? text) => text is null ? null : Name(what, text);

    /// <summary>A reason of at most <see cref="Limits.Reason"/> characters, or nothing.</summary>
    public static string? Reason(string? text) =>
        text?.Length > Limits.Reason
            ? throw RequestRejected.BadRequest($"'reason' must have at most {Limits.Reason} characters.")
            : text;

    /// <summary>One of the known types of check.</summary>
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

        if (spec.Member("timeoutSeconds") is not { ValueKind: not JsonValueKind.Null } limit)
        {
            return null;
        }

        return limit.ValueKind is JsonValueKind.Number && limit.TryGetInt32(out var seconds) && seconds is >= 1 and <= 86_400
            ? seconds
            : throw RequestRejected.BadRequest("'spec.timeoutSeconds' must be a whole number from 1 to 86400.");
    }
}
