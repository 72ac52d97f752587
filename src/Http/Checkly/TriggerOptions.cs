using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Http.Checks;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;

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
            members["retryStrategy"] = JsonSerializer.SerializeToElement(retryStrategy, Json.Options);
        }

        return members;
    }
}

/// <summary>How often and when a failed run is tried again; the runner does it.</summary>
public sealed record RetryStrategy
{
    /// <summary>Required.</summary>
    public RetryType? Type { get; init; }

    /// <summary>From 1 to 10; 1 for a single retry.</summary>
    public int MaxRetries
    {
        get => Type is RetryType.SingleRetry ? 1 : field;
        init;
    }
    = 2;

    /// <summary>The wait before the first retry.</summary>
    public double BaseBackoffSeconds { get; init; } = 60;

    /// <summary>Whether it is tried again at the same location.</summary>
    public bool SameRegion { get; init; } = true;

    /// <summary>From 0 to 600: how long all of it may take.</summary>
    public double MaxDurationSeconds { get; init; } = 600;

    /// <summary>After which failures, a list or one of them; absent for all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), JsonConverter(typeof(OneOrManyOrNoneConverter<RetryOn>))]
    public IReadOnlyList<RetryOn>? OnlyOn { get; init; }

    /// <summary>Checks what the JSON type cannot say.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its bounds.</exception>
    public void Validate()
    {
        if (Type is null)
        {
            throw RequestRejected.BadRequest("'retryStrategy.type' must be FIXED, LINEAR, EXPONENTIAL or SINGLE_RETRY.");
        }

        if (MaxRetries is < 1 or > 10)
        {
            throw RequestRejected.BadRequest("'retryStrategy.maxRetries' must be a whole number from 1 to 10.");
        }

        if (BaseBackoffSeconds < 0)
        {
            throw RequestRejected.BadRequest("'retryStrategy.baseBackoffSeconds' must not be negative.");
        }

        if (MaxDurationSeconds is < 0 or > 600)
        {
            throw RequestRejected.BadRequest("'retryStrategy.maxDurationSeconds' must be a number from 0 to 600.");
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
