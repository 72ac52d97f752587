using System.Text.Json;

namespace Ledger.Http.Dialects.Checkly.Targets;

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
            members["retryStrategy"] = JsonSerializer.SerializeToElement(retryStrategy, ChecklyJson.Options);
        }

        return members;
    }
}
