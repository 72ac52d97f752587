using Ledger.Http.Errors;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Empirical.Trigger;

/// <summary>An environment variable for this run.</summary>
public sealed record EnvironmentOverride
{
    /// <summary>Its name. Required.</summary>
    public string? Name { get; init; }

    /// <summary>Its value. Required; may be empty.</summary>
    public string? Value { get; init; }

    /// <summary>The variables by name; of two with one name the later counts.</summary>
    /// <exception cref="RequestRejected">400 for a variable that no process can have.</exception>
    public static IReadOnlyDictionary<string, string?> ByName(IReadOnlyList<EnvironmentOverride?> overrides)
    {
        var values = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var variable in overrides)
        {
            values[NameOf(variable)] = variable!.Value
                ?? throw RequestRejected.BadRequest("'environment_variables_overrides' must have a 'value' that is a text, each.");
        }

        return values;
    }

    private static string NameOf(EnvironmentOverride? variable) =>
        variable?.Name is { Length: > 0 and <= Limits.Name } name && !name.Contains('=', StringComparison.Ordinal)
            ? name
            : throw RequestRejected.BadRequest(
                $"'environment_variables_overrides' must have a 'name' of 1 to {Limits.Name} characters without an equals sign, each.");
}
