using System.Text.Json;
using Ledger.Runner.ApiRequests;
using Ledger.Runner.Bundles;
using Ledger.Runner.Wire;

namespace Ledger.Runner.Execution;

/// <summary>
/// What to execute, as this runner understands a run's opaque <c>spec</c>. Members that it does not know are left alone.
/// </summary>
internal sealed record RunSpec
{
    private const double LongestTimeoutSeconds = 7 * 24 * 3600;

    /// <summary>The program and its arguments. Empty with an image, which then runs its own command, or with a request.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Where; null for the root of the bundle, for the runner's own work directory, or for the image's.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Variables to set; a null value removes one.</summary>
    public required IReadOnlyDictionary<string, string?> Environment { get; init; }

    /// <summary>The run's own limit, all tries and what prepares them together; null for none.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The container image to run in; null for a process of this machine.</summary>
    public string? Image { get; init; }

    /// <summary>The code that the run brings along; null for none.</summary>
    public Bundle? Bundle { get; init; }

    /// <summary>A command to run first. Empty with a bundle: what the bundle needs.</summary>
    public IReadOnlyList<string> Install { get; init; } = [];

    /// <summary>Under which key installed dependencies are kept; null for not at all.</summary>
    public string? CacheKey { get; init; }

    /// <summary>Install anew, whatever is kept.</summary>
    public bool RefreshCache { get; init; }

    /// <summary>The request that this runner makes itself, in place of a command; null for none.</summary>
    public ApiRequest? ApiRequest { get; init; }

    /// <summary>Whether and when to try again; null for not at all.</summary>
    public RetryStrategy? Retry { get; init; }

    /// <summary>Reads the spec of a run.</summary>
    /// <exception cref="UnusableSpecException">It cannot be executed; the message says why.</exception>
    public static RunSpec Parse(ClaimedRun run)
    {
        if (run.Spec is not { ValueKind: JsonValueKind.Object } element)
        {
            throw new UnusableSpecException("the run has no spec, so there is nothing to execute");
        }

        var members = new SpecObject(element, "spec");
        RefuseUnsupported(members, run.CheckType);
        var environment = EnvironmentOf(members);
        var spec = new RunSpec
        {
            Command = members.Texts("command", "the program and its arguments"),
            WorkingDirectory = members.Text("workingDirectory"),
            Environment = environment,
            Timeout = members.Number("timeoutSeconds", 0.001, LongestTimeoutSeconds) is { } seconds
                ? TimeSpan.FromSeconds(seconds)
                : null,
            Image = members.Text("image"),
            Bundle = members.Object("bundle") is { } bundle ? Bundle.Read(bundle) : null,
            Install = members.Texts("install", "the program and its arguments"),
            CacheKey = members.Text("cacheKey"),
            RefreshCache = members.Flag("refreshCache", otherwise: false),
            ApiRequest = members.Object("apiRequest") is { } request ? ApiRequestReader.Read(request, environment) : null,
            Retry = members.Object("retryStrategy") is { } retry ? RetryStrategy.Read(retry) : null,
        };
        return spec.FindContradiction() is { } problem ? throw new UnusableSpecException(problem) : spec;
    }

    // What a dialect could not turn into something to execute comes as it was, with the reason if it knows one.
    private static void RefuseUnsupported(SpecObject members, string? checkType)
    {
        if (members.Text("unsupported") is { } why)
        {
            throw new UnusableSpecException(why);
        }

        if (members.Find("job") is not null && members.Find("command") is null && members.Find("apiRequest") is null)
        {
            throw new UnusableSpecException($"this runner cannot execute {LogLine.Of(checkType)} checks of a test session");
        }
    }

    private string? FindContradiction() => this switch
    {
        { ApiRequest: not null } when Command.Count > 0 || Image is not null || Bundle is not null || Install.Count > 0 =>
            "spec.apiRequest stands beside something else to execute",
        { Image: { } image } when image.Length == 0 || !char.IsAsciiLetterOrDigit(image[0]) || image.Any(char.IsWhiteSpace) =>
            "spec.image is not the name of an image",
        { Image: not null } when Bundle is not null || Install.Count > 0 =>
            "spec.image stands beside a bundle or an installation, and this runner brings neither into a container",
        { ApiRequest: null, Image: null, Command: [] } => "spec.command is missing or empty, so there is nothing to execute",
        { Command: ["", ..] } => "spec.command names no program",
        { Install: ["", ..] } => "spec.install names no program",
        { CacheKey.Length: 0 } => "spec.cacheKey is empty",
        _ => null,
    };

    private static Dictionary<string, string?> EnvironmentOf(SpecObject members)
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal);
        if (members.Find("environment") is not { } variables)
        {
            return environment;
        }

        if (variables.ValueKind is not JsonValueKind.Object)
        {
            throw new UnusableSpecException("spec.environment must be an object");
        }

        foreach (var variable in variables.EnumerateObject())
        {
            if (variable.Name.Length == 0 || variable.Name.Contains('=') || variable.Name.Contains('\0'))
            {
                throw new UnusableSpecException("spec.environment holds a name that no variable can have");
            }

            environment[variable.Name] = variable.Value.ValueKind switch
            {
                JsonValueKind.String when JsonText.Of(variable.Value) is { } text && !text.Contains('\0') => text,
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => variable.Value.GetRawText(),
                JsonValueKind.Null => null,
                _ => throw new UnusableSpecException("the values of spec.environment must be readable strings without NUL characters"),
            };
        }

        return environment;
    }
}

/// <summary>A run that cannot be executed here. The message is one sentence for the run's result.</summary>
internal sealed class UnusableSpecException(string message) : Exception(message);
