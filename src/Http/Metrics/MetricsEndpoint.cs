using System.Text;
using Ledger.Http.Access;

namespace Ledger.Http.Metrics;

/// <summary>The figures of this host for Prometheus (docs/telemetry.md). It needs a key, as everything does but the health.</summary>
public static class MetricsEndpoint
{
    public static void MapMetrics(this IEndpointRouteBuilder routes) => routes
        .MapGet("/metrics", ReadAsync)
        .RequireScope(Scope.Read)
        .WithTags("Metrics")
        .WithSummary("The figures of this host, in Prometheus' text format 0.0.4.")
        .Produces<string>(StatusCodes.Status200OK, "text/plain");

    private static async Task<IResult> ReadAsync(HttpContext context, MeterReader meters, StandingFigures standing)
    {
        IReadOnlyList<MetricFamily> families = [.. meters.Read(), .. await standing.ReadAsync(context.RequestAborted)];
        return Results.Bytes(Encoding.UTF8.GetBytes(PrometheusText.Write(families)), PrometheusText.ContentType);
    }
}
