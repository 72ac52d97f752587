namespace Ledger.Http.Runners;

/// <summary>The parts of the runner interface.</summary>
public static class RunnerParts
{
    public static void AddRunners(this IServiceCollection services)
    {
        services.AddSingleton<WaitingClaims>();
        services.AddSingleton<RunClaims>();
        services.AddSingleton<ClaimWatch>();
        services.AddSingleton<LeaseRenewal>();
        services.AddSingleton<OpenCancels>();
        services.AddSingleton<Deliveries>();
        services.AddSingleton<RunnerSignals>();
    }
}
