using System.Collections.Frozen;

namespace Ledger.Http.Checkly;

/// <summary>How the runs of several checks went: what the vendor's command line shows as stats.</summary>
public static class BatchAnalyticsEndpoint
{
    private const int MaximumChecks = 100;

    private static readonly string[] ResponseTimes = ["responseTime_avg", "responseTime_p50", "responseTime_p95", "responseTime_p99"];

    /// <summary>What types have instead. The ledger knows neither packets nor hops: these are always null.</summary>
    private static readonly FrozenDictionary<string, string[]> MembersByType = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["AGENTIC"] = [],
        ["HEARTBEAT"] = [],
        ["ICMP"] = ["latency_avg", "latency_p50", "latency_p95", "latency_p99", "packetLoss_avg", "packetLoss_p95", "packetLoss_p99"],
        ["TRACEROUTE"] = [.. ResponseTimes, "hopCount_avg"],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    [WolverinePost("/v1/analytics/checks"), Authorize(Scopes.Read), CostlyRead, RateLimit("analytics", 30, 60), Errors(400, 401, 403, 429)]
    [Tags("Checkly: analytics")]
    [EndpointSummary("Availability and response times of several checks, in the order in which they were asked for.")]
    [QueryText("quickRange", "One of " + QuickRanges.NamesOfBatches + "; the first when absent.")]
    public static async Task<IReadOnlyList<JsonObject>> Post(
        [FromBody] ChecksToAnalyse? body,
        HttpRequest request,
        Caller caller,
        IQuerySession documents,
        CheckMetricsReader metrics,
        Freshness freshness,
        TimeProvider clock,
        CancellationToken cancellation)
    {
        var asked = (body ?? throw RequestRejected.BadRequest("A JSON body with 'checkIds' is required.")).CheckIds;
        if (asked.Count is 0 or > MaximumChecks)
        {
            throw RequestRejected.BadRequest($"'checkIds' must be an array of 1 to {MaximumChecks} uuids.");
        }

        var window = TimeWindow.ReadQuickRange(request, QuickRanges.OfBatches, clock.GetUtcNow());
        caller.RequireWholeAccount();
        await freshness.WaitForMetricsAsync(cancellation);
        var known = (await documents.LoadManyAsync<Check>(cancellation, asked.Distinct())).ToDictionary(check => check.Id);
        var checks = asked.Distinct().Select(known.GetValueOrDefault).OfType<Check>().ToList();
        var query = new CheckMetricsQuery(caller.AccountId, [.. checks.Select(check => check.Id)], [window.From, window.End]);
        var measured = await metrics.ReadAsync(query, cancellation).ToDictionaryAsync(runs => runs.CheckId, runs => runs.Metrics, cancellationToken: cancellation);
        return [.. checks.Select(check => ViewOf(check, measured.GetValueOrDefault(check.Id) ?? new RunMetrics()))];
    }

    /// <summary>Null says that there is nothing to tell of the range; what does not apply to the type of check is absent.</summary>
    private static JsonObject ViewOf(Check check, RunMetrics runs)
    {
        var view = new JsonObject { ["checkId"] = check.Id, ["checkType"] = check.CheckType };
        foreach (var name in MembersByType.GetValueOrDefault(check.CheckType, ResponseTimes).Prepend("availability"))
        {
            view[name] = AnalyticsMetric.All.GetValueOrDefault(name)?.OfRuns!(runs);
        }

        return view;
    }
}

/// <summary>Which checks to look at: a closed object.</summary>
/// <param name="CheckIds">Their ids, 1 to 100.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ChecksToAnalyse(IReadOnlyList<Guid> CheckIds);
