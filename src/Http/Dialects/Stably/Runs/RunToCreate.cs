using System.Text.Json;
using Ledger.Http.Errors;
using Ledger.Http.Requests;

namespace Ledger.Http.Dialects.Stably.Runs;

/// <summary>The body that creates a run (wire.md 7.2).</summary>
public sealed record RunToCreate
{
    /// <summary>The project of the Playwright configuration that is meant.</summary>
    public string? PlaywrightProjectName { get; init; }

    /// <summary>The git branch that the run is about.</summary>
    public string? Branch { get; init; }

    /// <summary>The named environment.</summary>
    public string? Environment { get; init; }

    /// <summary>Variables to set for this run: texts, numbers and booleans; null removes one.</summary>
    public IReadOnlyDictionary<string, JsonElement>? EnvOverrides { get; init; }

    /// <summary>Checks what the JSON type cannot say.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its bounds.</exception>
    public void Validate()
    {
        Inputs.OptionalName("playwrightProjectName", PlaywrightProjectName);
        Inputs.OptionalName("branch", Branch);
        Inputs.OptionalName("environment", Environment);
        if (EnvOverrides?.Keys.Any(name => name.Length == 0 || name.Contains('=')) is true)
        {
            throw RequestRejected.BadRequest("'envOverrides' holds a name that no variable can have.");
        }
    }

    /// <summary>The overrides as texts.</summary>
    /// <exception cref="RequestRejected">400 for a value that no variable can have.</exception>
    public IReadOnlyDictionary<string, string?> Variables()
    {
        var variables = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (name, value) in EnvOverrides ?? new Dictionary<string, JsonElement>(StringComparer.Ordinal))
        {
            variables[name] = value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
                JsonValueKind.Null => null,
                _ => throw RequestRejected.BadRequest($"'envOverrides.{name}' must be a text."),
            };
        }

        return variables;
    }
}
