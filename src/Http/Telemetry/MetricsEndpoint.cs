namespace Ledger.Http.Telemetry;

/// <summary>The figures of this host for Prometheus (docs/telemetry.md). It needs a key, as everything does but the health.</summary>
public static class MetricsEndpoint
{
    public static void MapMetrics(this IEndpointRouteBuilder routes)
    {
        var exporter = routes.CreateApplicationBuilder().UseOpenTelemetryPrometheusScrapingEndpoint(_ => true).Build();
        routes
            .MapGet("/metrics", async (HttpContext context, StandingFigures standing) =>
            {
                await standing.LookUpAsync(context.RequestAborted);
                await exporter(context);
            })
            .RequireAuthorization(Scopes.Operator)
            .WithTags("Metrics")
            .WithSummary("The figures of this host, in Prometheus' text format 0.0.4.")
            .Produces<string>(StatusCodes.Status200OK, "text/plain");
    }
}
