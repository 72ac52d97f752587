using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Http.Errors;
using Ledger.Http.Requests;

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
