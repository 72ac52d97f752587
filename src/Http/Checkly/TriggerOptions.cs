namespace Ledger.Http.Checkly;

/// <summary>What a trigger asks of the runner beyond the check's own spec; it stands in the run's spec under its published name.</summary>
public static class TriggerOptions
{
    /// <summary>The members to set; none for what was not asked for.</summary>
    public static IReadOnlyDictionary<string, JsonElement> MembersOf(bool refreshCache, RetryStrategy? retryStrategy = null)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (refreshCache)
        {
            members["refreshCache"] = JsonSerializer.SerializeToElement(true);
        }

        if (retryStrategy is not null)
        {
            retryStrategy.Validate();
            members["retryStrategy"] = JsonSerializer.SerializeToElement(retryStrategy, Json.Options);
        }

        return members;
    }
}

/// <summary>How often and when a failed run is tried again; the runner does it.</summary>
/// <param name="MaxRetries">From 1 to 10; 1 for a single retry.</param>
/// <param name="BaseBackoffSeconds">The wait before the first retry.</param>
/// <param name="MaxDurationSeconds">From 0 to 600: how long all of it may take.</param>
/// <param name="OnlyOn">After which failures, a list or one of them; absent for all.</param>
public sealed record RetryStrategy(
    RetryType? Type = null,
    int MaxRetries = 2,
    double BaseBackoffSeconds = 60,
    bool SameRegion = true,
    double MaxDurationSeconds = 600,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), JsonConverter(typeof(OneOrManyOrNoneConverter<RetryOn>))]
    IReadOnlyList<RetryOn>? OnlyOn = null)
{
    /// <summary>From 1 to 10; 1 for a single retry, whatever was said.</summary>
    public int MaxRetries { get; init; } = Type is RetryType.SingleRetry ? 1 : MaxRetries;

    /// <summary>Checks what the JSON type cannot say.</summary>
    public void Validate()
    {
        var fault = this switch
        {
            { Type: null } => "type' must be FIXED, LINEAR, EXPONENTIAL or SINGLE_RETRY.",
            { MaxRetries: < 1 or > 10 } => "maxRetries' must be a whole number from 1 to 10.",
            not { BaseBackoffSeconds: >= 0 and < double.PositiveInfinity } => "baseBackoffSeconds' must be a number that is not negative.",
            not { MaxDurationSeconds: >= 0 and <= 600 } => "maxDurationSeconds' must be a number from 0 to 600.",
            _ => null,
        };
        if (fault is not null)
        {
            throw RequestRejected.BadRequest($"'retryStrategy.{fault}");
        }
    }
}

/// <summary>How the waits between retries grow.</summary>
public enum RetryType
{
    [JsonStringEnumMemberName("FIXED")] Fixed,
    [JsonStringEnumMemberName("LINEAR")] Linear,
    [JsonStringEnumMemberName("EXPONENTIAL")] Exponential,
    [JsonStringEnumMemberName("SINGLE_RETRY")] SingleRetry,
}

/// <summary>A failure after which it is tried again.</summary>
public enum RetryOn
{
    [JsonStringEnumMemberName("NETWORK_ERROR")] NetworkError,
}

/// <summary>A variable for the runs of a test session.</summary>
/// <param name="Locked">Whether people are not to see its value: no reader is shown it, as with a secret.</param>
public sealed record EnvironmentVariable(string Key = "", bool Locked = false, bool Secret = false)
{
    /// <summary>Required; null removes the check's own variable of that name. A secret may be any JSON value.</summary>
    public JsonElement Value { get; init; }

    /// <summary>Variables in one trigger.</summary>
    public const int Maximum = 50;

    /// <summary>The variables by name; of two with one name the later counts.</summary>
    public static RunVariables ByName(IReadOnlyList<EnvironmentVariable> variables) => variables.Count <= Maximum
        ? ValuesOf(variables, mayBeEmpty: false)
        : throw RequestRejected.BadRequest($"'environmentVariables' must be at most {Maximum}.");

    /// <summary>
    /// The same for what the command line sends, which has other limits: as many as the body holds, and a value may be
    /// empty, as its user may say <c>--env NAME=</c>.
    /// </summary>
    public static RunVariables OfCommandLine(IReadOnlyList<EnvironmentVariable>? variables) => ValuesOf(variables ?? [], mayBeEmpty: true);

    private static RunVariables ValuesOf(IEnumerable<EnvironmentVariable> variables, bool mayBeEmpty)
    {
        var values = new Dictionary<string, string?>(StringComparer.Ordinal);
        var secrets = new HashSet<string>(StringComparer.Ordinal);
        foreach (var variable in variables)
        {
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
