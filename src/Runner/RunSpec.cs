namespace Ledger.Runner;

/// <summary>
/// What to execute, as this runner understands a run's opaque <c>spec</c> (docs/runner.md). Members that it does not know are left alone;
/// absent and null are the same.
/// </summary>
internal sealed record RunSpec
{
    private const double Day = 24 * 3600;

    /// <summary>The program and its arguments. Empty with an image, which then runs its own command, or with a request.</summary>
    public IReadOnlyList<string> Command { get; init => field = value ?? []; } = [];

    /// <summary>Where; null for the root of the bundle, for the runner's own work directory, or for the image's.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Variables to set; a null value removes one.</summary>
    [JsonIgnore]
    public Dictionary<string, string?> Environment { get; init; } = [];

    /// <summary>The run's own limit, all tries and what prepares them together; null for none.</summary>
    public double? TimeoutSeconds { get; init; }

    /// <summary>The container image to run in; null for a process of this machine.</summary>
    public string? Image { get; init; }

    /// <summary>The code that the run brings along; null for none.</summary>
    public Bundle? Bundle { get; init; }

    /// <summary>A command to run first. Empty with a bundle: what the bundle needs.</summary>
    public IReadOnlyList<string> Install { get; init => field = value ?? []; } = [];

    /// <summary>Under which key installed dependencies are kept; null for not at all.</summary>
    public string? CacheKey { get; init; }

    /// <summary>Install anew, whatever is kept.</summary>
    public bool? RefreshCache { get; init; }

    /// <summary>The request that this runner makes itself, in place of a command; null for none.</summary>
    public ApiRequest? ApiRequest { get; init; }

    /// <summary>Whether and when to try again.</summary>
    public RetryStrategy? RetryStrategy { get; init; }

    /// <summary>Why a dialect could not turn the run into something to execute.</summary>
    public string? Unsupported { get; init; }

    /// <summary>The run as it came, where a dialect could not turn it into something to execute.</summary>
    public JsonElement? Job { get; init; }

    /// <inheritdoc cref="TimeoutSeconds"/>
    public TimeSpan? Timeout => TimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>When to try again; null for not at all.</summary>
    public RetryStrategy? Retry => RetryStrategy is { Type: not "NO_RETRIES" } ? RetryStrategy : null;

    /// <summary>Reads the spec of a run.</summary>
    /// <exception cref="UnusableSpecException">It cannot be executed; the message says why.</exception>
    public static RunSpec Parse(ClaimedRun run)
    {
        if (run.Spec is not { ValueKind: JsonValueKind.Object } element)
        {
            throw new UnusableSpecException("the run has no spec, so there is nothing to execute");
        }

        try
        {
            var spec = element.Deserialize(SpecJson.Default.RunSpec)!;
            var environment = EnvironmentOf(element);
            return (spec.FindProblem(run.CheckType) ?? spec.Bundle?.FindProblem() ?? spec.RetryStrategy?.FindProblem()) is { } problem
                ? throw new UnusableSpecException(problem)
                : spec with { Environment = environment, ApiRequest = spec.ApiRequest?.With(environment) };
        }
        catch (JsonException e)
        {
            throw new UnusableSpecException($"spec{LogLine.Of(e.Path).TrimStart('$')} is of another kind than it should be, or no readable text");
        }
    }

    /// <summary>What is wrong with a number; null if nothing.</summary>
    public static string? Outside(double? number, double minimum, double maximum, string name) =>
        number is { } given && !(given >= minimum && given <= maximum) ? $"spec.{name} must be a number from {minimum} to {maximum}" : null;

    private string? FindProblem(string? checkType) => this switch
    {
        { Unsupported: { } why } => why,
        { Job: not null, ApiRequest: null, Command: [] } => $"this runner cannot execute {LogLine.Of(checkType)} checks of a test session",
        { ApiRequest: not null } when Command.Count > 0 || Image is not null || Bundle is not null || Install.Count > 0 =>
            "spec.apiRequest stands beside something else to execute",
        { Image: { } image } when image.Length == 0 || !char.IsAsciiLetterOrDigit(image[0]) || image.Any(char.IsWhiteSpace) =>
            "spec.image is not the name of an image",
        { Image: not null } when Bundle is not null || Install.Count > 0 =>
            "spec.image stands beside a bundle or an installation, and this runner brings neither into a container",
        { ApiRequest: null, Image: null, Command: [] } => "spec.command is missing or empty, so there is nothing to execute",
        _ when Command.Concat(Install).Contains(null) => "spec.command and spec.install must be arrays of strings",
        { Command: ["", ..] } => "spec.command names no program",
        { Install: ["", ..] } => "spec.install names no program",
        { CacheKey.Length: 0 } => "spec.cacheKey is empty",
        _ => Outside(TimeoutSeconds, 0.001, 7 * Day, "timeoutSeconds"),
    };

    private static Dictionary<string, string?> EnvironmentOf(JsonElement spec)
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal);
        if (!spec.TryGetProperty("environment", out var variables) || variables.ValueKind is JsonValueKind.Null)
        {
            return environment;
        }

        if (variables.ValueKind is not JsonValueKind.Object)
        {
            throw new UnusableSpecException("spec.environment must be an object");
        }

        foreach (var variable in variables.EnumerateObject())
        {
            if (variable.Name.Length == 0 || variable.Name.AsSpan().ContainsAny('=', '\0'))
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

/// <summary>How often a failed run is tried again and how long it waits in between (docs/dialects/checkly.md#retry-strategy).</summary>
/// <param name="Type">How the waits grow.</param>
/// <param name="MaxRetries">How many tries may follow the first; 2 if it does not say.</param>
/// <param name="BaseBackoffSeconds">The unit of the waits; 60 if it does not say.</param>
/// <param name="MaxDurationSeconds">No try begins later than this after the beginning of the first; 600 if it does not say, but for a single one.</param>
/// <param name="OnlyOn">Only failures of this kind are tried again: one condition, or an array of them.</param>
internal sealed record RetryStrategy(string? Type, double? MaxRetries, double? BaseBackoffSeconds, double? MaxDurationSeconds, JsonElement? OnlyOn)
{
    private const double Day = 24 * 3600;

    /// <summary>How many tries there may be, the first one included.</summary>
    public int Tries => Type is "SINGLE_RETRY" ? 2 : (int)(MaxRetries ?? 2) + 1;

    /// <summary>What this runner does not know of it; null if nothing.</summary>
    public string? FindProblem() => this switch
    {
        { Type: null or "" } => "spec.retryStrategy.type is missing",
        { Type: not ("FIXED" or "LINEAR" or "EXPONENTIAL" or "SINGLE_RETRY" or "NO_RETRIES") } =>
            $"spec.retryStrategy.type is {LogLine.Of(Type)}, which this runner does not know",
        _ when Conditions.Any(condition => condition is not "NETWORK_ERROR") =>
            $"spec.retryStrategy.onlyOn is {LogLine.Of(OnlyOn!.Value.GetRawText())}, which this runner does not know",
        _ => RunSpec.Outside(MaxDurationSeconds, 0, Day, "retryStrategy.maxDurationSeconds")
            ?? RunSpec.Outside(MaxRetries, 0, 10, "retryStrategy.maxRetries")
            ?? RunSpec.Outside(BaseBackoffSeconds, 0, Day, "retryStrategy.baseBackoffSeconds"),
    };

    /// <summary>How long to wait before the next try; null if there is none.</summary>
    /// <param name="tries">How many were made.</param>
    /// <param name="exit">How the last one ended.</param>
    /// <param name="elapsed">Since the first one began.</param>
    public TimeSpan? WaitAfter(int tries, Exit exit, TimeSpan elapsed)
    {
        if (!exit.IsFailed || tries >= Tries || (Conditions.Any() && !exit.IsNetworkError))
        {
            return null;
        }

        var unit = BaseBackoffSeconds ?? 60;
        var seconds = Type switch
        {
            "LINEAR" => unit * tries,
            "EXPONENTIAL" => Math.Pow(unit, tries),
            _ => unit,
        };
        var wait = TimeSpan.FromSeconds(Math.Min(seconds, Day));
        var longest = MaxDurationSeconds ?? (Type is "SINGLE_RETRY" ? double.PositiveInfinity : 600);
        return (elapsed + wait).TotalSeconds > longest ? null : wait;
    }

    private IEnumerable<string?> Conditions => OnlyOn switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } conditions => conditions.EnumerateArray().Select(ConditionOf),
        { } condition => [ConditionOf(condition)],
    };

    private static string? ConditionOf(JsonElement condition) => condition.ValueKind is JsonValueKind.String ? JsonText.Of(condition) : null;
}

/// <summary>Texts of JSON that others wrote.</summary>
internal static class JsonText
{
    /// <summary>
    /// The text; null if it is none that can be read. JavaScript writes halves of characters, such as a message that was cut in the middle
    /// of one, which are JSON and yet no text.
    /// </summary>
    /// <param name="value">A JSON string.</param>
    public static string? Of(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A text as results may hold it: no longer than they should, and without what no JSON store takes.</summary>
    public static string Cut(string text, int length)
    {
        var clean = text.Replace('\0', '\uFFFD');
        return clean.Length <= length ? clean : $"{clean.AsSpan(0, length - 1)}…";
    }
}

/// <summary>Reads specs. No text in them may hold a NUL character: no argument of a program can.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(PlainText)])]
[JsonSerializable(typeof(RunSpec))]
internal sealed partial class SpecJson : JsonSerializerContext
{
    private sealed class PlainText : JsonConverter<string>
    {
        public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType is JsonTokenType.String && reader.GetString() is { } text && !text.Contains('\0') ? text : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
    }
}
