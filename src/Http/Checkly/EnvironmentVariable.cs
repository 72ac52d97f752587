using System.Text.Json;
using Ledger.Http.Checks;
using Ledger.Http.Errors;
using Ledger.Sessions;

namespace Ledger.Http.Checkly;

/// <summary>A variable for the runs of a test session.</summary>
public sealed record EnvironmentVariable
{
    /// <summary>Its name. Required.</summary>
    public string Key { get; init; } = "";

    /// <summary>Its value, required; null removes the check's own variable of that name. A secret may be any JSON value.</summary>
    public JsonElement Value { get; init; }

    /// <summary>Variables in one trigger.</summary>
    public const int Maximum = 50;

    /// <summary>Whether people are not to see its value: no reader is shown it, as with a secret.</summary>
    public bool Locked { get; init; }

    /// <summary>Whether the value is a secret.</summary>
    public bool Secret { get; init; }

    /// <summary>The variables by name; of two with one name the later counts.</summary>
    /// <exception cref="RequestRejected">400 for a variable that no process can have.</exception>
    public static RunVariables ByName(IReadOnlyList<EnvironmentVariable> variables)
    {
        if (variables.Count > Maximum)
        {
            throw RequestRejected.BadRequest($"'environmentVariables' must be at most {Maximum}.");
        }

        return ValuesOf(variables, mayBeEmpty: false);
    }

    /// <summary>
    /// The same for what the command line sends, which has other limits: as many as the body holds, and a value may be
    /// empty, as its user may say <c>--env NAME=</c>.
    /// </summary>
    /// <exception cref="RequestRejected">400 for a variable that no process can have.</exception>
    public static RunVariables OfCommandLine(IEnumerable<EnvironmentVariable> variables) =>
        ValuesOf(variables, mayBeEmpty: true);

    private static RunVariables ValuesOf(IEnumerable<EnvironmentVariable?> variables, bool mayBeEmpty)
    {
        var values = new Dictionary<string, string?>(StringComparer.Ordinal);
        var secrets = new HashSet<string>(StringComparer.Ordinal);
        foreach (var variable in variables)
        {
            if (variable is null)
            {
                throw RequestRejected.BadRequest("'environmentVariables' must hold objects.");
            }

            values[variable.NameOf()] = variable.ValueOf(mayBeEmpty);
            if (variable.Secret || variable.Locked)
            {
                secrets.Add(variable.Key);
            }
        }

        return new RunVariables(values, secrets);
    }

    private string NameOf() => Key.Length is > 0 and <= Limits.Name && !Key.Contains('=', StringComparison.Ordinal)
        ? Key
        : throw RequestRejected.BadRequest(
            $"'environmentVariables.key' must have 1 to {Limits.Name} characters, none of them an equals sign.");

    private string? ValueOf(bool mayBeEmpty) => Value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String when Secret || mayBeEmpty || Value.GetString()!.Length > 0 => Value.GetString(),
        not (JsonValueKind.Undefined or JsonValueKind.String) when Secret => Value.GetRawText(),
        _ => throw RequestRejected.BadRequest($"'environmentVariables.value' of '{Key}' must be a text that is not empty, or null."),
    };
}
