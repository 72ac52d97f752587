using System.Text.Json;

namespace Ledger.Runner.Execution;

/// <summary>How often a failed run is tried again and how long it waits in between (docs/dialects/checkly.md#retry-strategy).</summary>
/// <param name="type">How the waits grow.</param>
/// <param name="maxRetries">How many tries may follow the first.</param>
/// <param name="baseBackoff">The unit of the waits.</param>
/// <param name="maxDuration">No try begins later than this after the beginning of the first; null for no limit.</param>
/// <param name="onlyOnNetworkErrors">Only failures that the network caused are tried again.</param>
internal sealed class RetryStrategy(
    RetryType type, int maxRetries, TimeSpan baseBackoff, TimeSpan? maxDuration, bool onlyOnNetworkErrors)
{
    private const int DefaultRetries = 2;
    private const int MaximumRetries = 10;
    private const double DefaultBackoffSeconds = 60;
    private const double DefaultDurationSeconds = 600;
    private const double LongestSeconds = 24 * 3600;

    /// <summary>How many tries there may be, the first one included.</summary>
    public int MaximumTries => maxRetries + 1;

    /// <summary>Reads <c>spec.retryStrategy</c>; null when failed runs are not tried again.</summary>
    /// <exception cref="UnusableSpecException">It says something that this runner does not know.</exception>
    public static RetryStrategy? Read(SpecObject members)
    {
        var type = members.RequiredText("type") switch
        {
            "FIXED" => RetryType.Fixed,
            "LINEAR" => RetryType.Linear,
            "EXPONENTIAL" => RetryType.Exponential,
            "SINGLE_RETRY" => RetryType.Single,
            "NO_RETRIES" => RetryType.None,
            var other => throw new UnusableSpecException($"{members.Path}.type is {LogLine.Of(other)}, which this runner does not know"),
        };
        if (type is RetryType.None)
        {
            return null;
        }

        var duration = members.Number("maxDurationSeconds", 0, LongestSeconds);
        return new RetryStrategy(
            type,
            type is RetryType.Single ? 1 : (int)(members.Number("maxRetries", 0, MaximumRetries) ?? DefaultRetries),
            TimeSpan.FromSeconds(members.Number("baseBackoffSeconds", 0, LongestSeconds) ?? DefaultBackoffSeconds),
            type is RetryType.Single && duration is null ? null : TimeSpan.FromSeconds(duration ?? DefaultDurationSeconds),
            IsOnlyOnNetworkErrors(members));
    }

    /// <summary>How long to wait before the next try; null if there is none.</summary>
    /// <param name="tries">How many were made.</param>
    /// <param name="exit">How the last one ended.</param>
    /// <param name="elapsed">Since the first one began.</param>
    public TimeSpan? WaitAfter(int tries, Exit exit, TimeSpan elapsed)
    {
        if (!exit.IsFailed || tries > maxRetries || (onlyOnNetworkErrors && !exit.IsNetworkError))
        {
            return null;
        }

        var seconds = type switch
        {
            RetryType.Linear => baseBackoff.TotalSeconds * tries,
            RetryType.Exponential => Math.Pow(baseBackoff.TotalSeconds, tries),
            _ => baseBackoff.TotalSeconds,
        };
        var wait = TimeSpan.FromSeconds(Math.Min(seconds, LongestSeconds));
        return elapsed + wait > maxDuration ? null : wait;
    }

    // One condition, or an array of them.
    private static bool IsOnlyOnNetworkErrors(SpecObject members)
    {
        const string name = "onlyOn";
        IReadOnlyList<string> conditions = members.Find(name) is { ValueKind: JsonValueKind.String } one
            ? [JsonText.Of(one) ?? string.Empty]
            : members.Texts(name, "conditions");
        return conditions.FirstOrDefault(c => c is not "NETWORK_ERROR") is { } unknown
            ? throw new UnusableSpecException($"{members.Path}.{name} is {LogLine.Of(unknown)}, which this runner does not know")
            : conditions.Count > 0;
    }
}

/// <summary>How the waits between tries grow.</summary>
internal enum RetryType
{
    /// <summary>There are no further tries.</summary>
    None,

    /// <summary>Always the same wait.</summary>
    Fixed,

    /// <summary>Once, twice, three times as long.</summary>
    Linear,

    /// <summary>The power of the number of tries.</summary>
    Exponential,

    /// <summary>One more try.</summary>
    Single,
}
