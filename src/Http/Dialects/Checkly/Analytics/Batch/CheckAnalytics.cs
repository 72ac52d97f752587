using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ledger.Http.Checks;
using Ledger.Projections.Metrics;

namespace Ledger.Http.Dialects.Checkly.Analytics.Batch;

/// <summary>
/// How the runs of a check went (wire.md 3.11). Null says that there is nothing to tell of the range; what does not apply to the type of check is
/// absent. The ledger knows neither packets nor hops: these are always null, for the types that have them.
/// </summary>
public sealed record CheckAnalytics(Guid CheckId, string CheckType, decimal? Availability)
{
    private static readonly string[] ResponseTimeMembers = ["responseTime_avg", "responseTime_p50", "responseTime_p95", "responseTime_p99"];

    private static readonly string[] PacketMembers =
        ["latency_avg", "latency_p50", "latency_p95", "latency_p99", "packetLoss_avg", "packetLoss_p95", "packetLoss_p99"];

    /// <summary>The members of each type, where they are not the response times.</summary>
    private static readonly FrozenDictionary<string, string[]> MembersByType = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["AGENTIC"] = [],
        ["HEARTBEAT"] = [],
        ["ICMP"] = PacketMembers,
        ["TRACEROUTE"] = [.. ResponseTimeMembers, "hopCount_avg"],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    [JsonPropertyName("responseTime_avg")]
    public decimal? ResponseTimeAverage { get; private init; }

    [JsonPropertyName("responseTime_p50")]
    public long? ResponseTimeP50 { get; private init; }

    [JsonPropertyName("responseTime_p95")]
    public long? ResponseTimeP95 { get; private init; }

    [JsonPropertyName("responseTime_p99")]
    public long? ResponseTimeP99 { get; private init; }

    /// <summary>The analytics of a check.</summary>
    public static CheckAnalytics Of(Check check, RunMetrics metrics) => new(check.Id, check.CheckType, metrics.SuccessRatio)
    {
        ResponseTimeAverage = metrics.ResponseTimes.Average,
        ResponseTimeP50 = metrics.ResponseTimes.Percentile(50),
        ResponseTimeP95 = metrics.ResponseTimes.Percentile(95),
        ResponseTimeP99 = metrics.ResponseTimes.Percentile(99),
    };

    /// <summary>What applies to the type of check.</summary>
    public JsonObject ToJson()
    {
        var json = JsonSerializer.SerializeToNode(this, ChecklyJson.Options)!.AsObject();
        var members = MembersByType.GetValueOrDefault(CheckType, ResponseTimeMembers);
        foreach (var name in ResponseTimeMembers.Except(members))
        {
            json.Remove(name);
        }

        foreach (var name in members.Except(ResponseTimeMembers))
        {
            json[name] = null;
        }

        return json;
    }
}
