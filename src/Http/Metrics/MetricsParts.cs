namespace Ledger.Http.Metrics;

/// <summary>What counts, and what reads the counts.</summary>
public static class MetricsParts
{
    public static void AddLedgerMetrics(this IServiceCollection services)
    {
        services.AddMetrics();
        services.AddSingleton<LedgerMetrics>();
        services.AddSingleton<MeterReader>();
        services.AddSingleton<StandingFigures>();
    }
}
