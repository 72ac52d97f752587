using Ledger.Deadlines;

namespace Ledger.Http.Runners;

public static class RunnerParts
{
    public static void AddRunners(this IServiceCollection services, LedgerSettings settings)
    {
        services.AddSingleton(new DeadlineSettings
        {
            Acknowledge = TimeSpan.FromSeconds(settings.Cancel.AcknowledgeSeconds),
            Expire = TimeSpan.FromSeconds(settings.Cancel.ExpireSeconds),
            Lease = TimeSpan.FromSeconds(settings.Lease.Seconds),
            MostRequeues = settings.Lease.MostRequeues,
            LongestWait = settings.Queue.LongestWaitSeconds is { } wait ? TimeSpan.FromSeconds(wait) : null,
            LimitMargin = TimeSpan.FromSeconds(settings.Lease.LimitMarginSeconds),
        });
        services.AddSingleton<DueTimes>();
        services.AddSingleton<Leases>();
        services.AddSingleton<DeadlineSweep>();
        services.AddSingleton<RunnerBindings>();
        services.AddSingleton<RunnerPresence>();
        services.AddSingleton<RunnersReader>();
        services.AddSingleton<IsServed>(provider => provider.GetRequiredService<RunnersReader>().IsServedAsync);
        services.AddSingleton<WaitingClaims>();
        services.AddSingleton<RunClaims>();
        services.AddSingleton<ClaimWatch>();
        services.AddSingleton<LeaseRenewal>();
        services.AddSingleton<OpenCancels>();
        services.AddSingleton<Deliveries>();
        services.AddSingleton<RunnerSignals>();
        services.AddSingleton<TopicsOf>(RunnerSignals.TopicsOf);
        services.AddSingleton<TopicsOf>(ClaimWatch.TopicsOf);
    }
}
