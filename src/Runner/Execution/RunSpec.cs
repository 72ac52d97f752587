using System.Text.Json;

namespace Ledger.Runner.Execution;

/// <summary>
/// What to execute, as this runner understands a run's opaque <c>spec</c>. Members that it does not know are left alone.
/// </summary>
/// <param name="Command">The program and its arguments. Empty only with an image, which then runs its own command.</param>
/// <param name="WorkingDirectory">Where; null for the runner's own work directory, or the image's.</param>
/// <param name="Environment">Variables to set; a null value removes one.</param>
/// <param name="Timeout">The run's own limit; null for none.</param>
/// <param name="Image">The container image to run in; null for a process of this machine.</param>
internal sealed record RunSpec(
    IReadOnlyList<string> Command,
    string? WorkingDirectory,
    IReadOnlyDictionary<string, string?> Environment,
    TimeSpan? Timeout,
    string? Image)
{
    private const double LongestTimeoutSeconds = 7 * 24 * 3600;

    /// <summary>Reads a spec.</summary>
    /// <exception cref="UnusableSpecException">It cannot be executed; the message says why.</exception>
    public static RunSpec Parse(JsonElement? spec)
    {
        if (spec is not { ValueKind: JsonValueKind.Object } members)
        {
            throw new UnusableSpecException("the run has no spec, so there is nothing to execute");
        }

        var image = Text(members, "image");
        if (image is not null && (image.Length == 0 || !char.IsAsciiLetterOrDigit(image[0]) || image.Any(char.IsWhiteSpace)))
        {
            throw new UnusableSpecException("spec.image is not the name of an image");
        }

        return new RunSpec(
            CommandOf(members, mayBeEmpty: image is not null),
            Text(members, "workingDirectory"),
            EnvironmentOf(members),
            TimeoutOf(members),
            image);
    }

    private static List<string> CommandOf(JsonElement members, bool mayBeEmpty)
    {
        var command = new List<string>();
        if (members.TryGetProperty("command", out var parts) && parts.ValueKind is not JsonValueKind.Null)
        {
            if (parts.ValueKind is not JsonValueKind.Array || parts.EnumerateArray().Any(p => p.ValueKind is not JsonValueKind.String))
            {
                throw new UnusableSpecException("spec.command must be an array of strings: the program and its arguments");
            }

            command.AddRange(parts.EnumerateArray().Select(p => WithoutNul("command", p.GetString()!)));
        }

        return command switch
        {
            [] when !mayBeEmpty => throw new UnusableSpecException("spec.command is missing or empty, so there is nothing to execute"),
            ["", ..] => throw new UnusableSpecException("spec.command names no program"),
            _ => command,
        };
    }

    private static Dictionary<string, string?> EnvironmentOf(JsonElement members)
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal);
        if (!members.TryGetProperty("environment", out var variables) || variables.ValueKind is JsonValueKind.Null)
        {
            return environment;
        }

        if (variables.ValueKind is not JsonValueKind.Object)
        {
            throw new UnusableSpecException("spec.environment must be an object");
        }

        foreach (var variable in variables.EnumerateObject())
        {
            if (variable.Name.Length == 0 || variable.Name.Contains('='))
            {
                throw new UnusableSpecException("spec.environment holds a name that no variable can have");
            }

            environment[WithoutNul("environment", variable.Name)] = variable.Value.ValueKind switch
            {
                JsonValueKind.String => WithoutNul("environment", variable.Value.GetString()!),
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => variable.Value.GetRawText(),
                JsonValueKind.Null => null,
                _ => throw new UnusableSpecException("the values of spec.environment must be strings"),
            };
        }

        return environment;
    }

    private static TimeSpan? TimeoutOf(JsonElement members)
    {
        if (!members.TryGetProperty("timeoutSeconds", out var value) || value.ValueKind is JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind is JsonValueKind.Number && value.TryGetDouble(out var seconds) && seconds is > 0 and <= LongestTimeoutSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw new UnusableSpecException($"spec.timeoutSeconds must be a number above 0 and at most {LongestTimeoutSeconds}");
    }

    private static string? Text(JsonElement members, string name)
    {
        if (!members.TryGetProperty(name, out var value) || value.ValueKind is JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind is JsonValueKind.String
            ? WithoutNul(name, value.GetString()!)
            : throw new UnusableSpecException($"spec.{name} must be a string");
    }

    private static string WithoutNul(string name, string text) =>
        text.Contains('\0') ? throw new UnusableSpecException($"spec.{name} contains a NUL character") : text;
}

/// <summary>A run that cannot be executed here. The message is one sentence for the run's result.</summary>
internal sealed class UnusableSpecException(string message) : Exception(message);
