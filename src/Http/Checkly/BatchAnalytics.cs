using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.RateLimits;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.CheckResults;
using Ledger.Projections.Metrics;
using Marten;

namespace Ledger.Http.Checkly;

/// <summary>How the runs of several checks went: what the vendor's command line shows as stats.</summary>
public static class BatchAnalyticsEndpoint
{
    [WolverinePost("/v1/analytics/checks"), Authorize(Scopes.Read), CostlyRead, RateLimit("analytics", 30, 60), Errors(400, 401, 403, 429)]
    [Tags("Checkly: analytics")]
    [EndpointSummary("Availability and response times of several checks, in the order in which they were asked for.")]
    [QueryText("quickRange", "One of " + QuickRanges.NamesOfBatches + "; the first when absent.")]
    [ProducesResponseType<IReadOnlyList<CheckAnalytics>>(StatusCodes.Status200OK)]
    public static async Task<IResult> Post(
        [FromBody] ChecksToAnalyse? body,
        HttpRequest request,
        Caller caller,
        IQuerySession documents,
        CheckMetricsReader metrics,
        Freshness freshness,
        TimeProvider clock,
        CancellationToken cancellation)
    {
        var asked = (body ?? throw RequestRejected.BadRequest("A JSON body with 'checkIds' is required.")).Ids();
        var window = TimeWindow.ReadQuickRange(request, QuickRanges.OfBatches, clock.GetUtcNow());
        caller.RequireWholeAccount();
        await freshness.WaitForHeadAsync(CheckMetricsReader.ProjectionName, cancellation);
        await freshness.WaitForHeadAsync(CheckResultsReader.ProjectionName, cancellation);
        var known = (await documents.ChecksAsync(cancellation)).ToDictionary(check => check.Id);
        var ids = asked.Where(known.ContainsKey).ToList();
        var measured = await Database.RunAsync(async () =>
        {
            var found = new Dictionary<Guid, RunMetrics>();
            await foreach (var each in metrics.ReadAsync(new CheckMetricsQuery(caller.AccountId, ids, [window.From, window.End]), cancellation))
            {
                found.Add(each.CheckId, each.Metrics);
            }

            return found;
        });
        return TypedResults.Json<IReadOnlyList<JsonObject>>(
            [.. ids.Select(id => CheckAnalytics.Of(known[id], measured.GetValueOrDefault(id) ?? new RunMetrics()).ToJson())], Json.Options);
    }
}

/// <summary>Which checks to look at: a closed object.</summary>
/// <param name="CheckIds">Their ids, 1 to 100.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ChecksToAnalyse(IReadOnlyList<Guid> CheckIds)
{
    private const int MaximumChecks = 100;

    /// <summary>The ids that are asked for, each once.</summary>
    /// <exception cref="RequestRejected">400 for none, and for too many.</exception>
    public IReadOnlyList<Guid> Ids() => CheckIds.Count is >= 1 and <= MaximumChecks
        ? [.. CheckIds.Distinct()]
        : throw RequestRejected.BadRequest($"'checkIds' must be an array of 1 to {MaximumChecks} uuids.");
}

/// <summary>
/// How the runs of a check went. Null says that there is nothing to tell of the range; what does not apply to the type of check is
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
        var json = JsonSerializer.SerializeToNode(this, Json.Options)!.AsObject();
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
