using System.Text.Json;
using Ledger.Http.Errors;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.TestSessions;

/// <summary>A variable for the runs of a test session (wire.md 3.6).</summary>
internal sealed record EnvironmentVariable
{
    /// <summary>Its name. Required.</summary>
    public string Key { get; init; } = "";

    /// <summary>Its value, required; null removes the check's own variable of that name. A secret may be any JSON value.</summary>
    public JsonElement Value { get; init; }

    /// <summary>Variables in one trigger.</summary>
    public const int Maximum = 50;

    /// <summary>Whether people may not see it in a user interface; the ledger has none.</summary>
    public bool Locked { get; init; }

    /// <summary>Whether the value is a secret.</summary>
    public bool Secret { get; init; }

    /// <summary>The variables by name; of two with one name the later counts.</summary>
    /// <exception cref="RequestRejected">400 for a variable that no process can have.</exception>
    public static IReadOnlyDictionary<string, string?> ByName(IReadOnlyList<EnvironmentVariable> variables)
    {
        if (variables.Count > Maximum)
        {
            throw RequestRejected.BadRequest($"'environmentVariables' must be at most {Maximum}.");
        }

        var values = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var variable in variables)
        {
            values[variable.NameOf()] = variable.ValueOf();
        }

        return values;
    }

    private string NameOf() => Key.Length is > 0 and <= Limits.Name && !Key.Contains('=', StringComparison.Ordinal)
        ? Key
        : throw RequestRejected.BadRequest(
            $"'environmentVariables.key' must have 1 to {Limits.Name} characters, none of them an equals sign.");

    private string? ValueOf() => Value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String when Secret || Value.GetString()!.Length > 0 => Value.GetString(),
        not (JsonValueKind.Undefined or JsonValueKind.String) when Secret => Value.GetRawText(),
        _ => throw RequestRejected.BadRequest($"'environmentVariables.value' of '{Key}' must be a text that is not empty, or null."),
    };
}
