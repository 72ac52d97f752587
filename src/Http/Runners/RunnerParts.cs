using Ledger.Http.Runners.Claims;
using Ledger.Http.Runners.Reports;
using Ledger.Http.Runners.Signals;

namespace Ledger.Http.Runners;

/// <summary>The runner interface (http.md, Runners): its parts and its routes.</summary>
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

    public static void MapRunners(this IEndpointRouteBuilder routes)
    {
        routes.MapClaims();
        routes.MapRunReports();
        routes.MapSignals();
    }
}
