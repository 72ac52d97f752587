using Ledger.Deadlines;
using Ledger.Http.Runners;
using Ledger.Http.Telemetry;
using Ledger.Projections.Rebuild;
using Ledger.Telemetry;

namespace Ledger.Http.Hosting;

/// <summary>What has to start before the first request and to end after the last one.</summary>
public sealed class LedgerLifetime(
    Bootstrap bootstrap,
    ChangeNotes notes,
    BackgroundLoops loops,
    KeyWatch keys,
    RunnerSignals signals,
    ClaimWatch claims,
    RunnerPresence presence,
    Repairs repairs,
    DeadlineSweep deadlines,
    DaemonWatch daemon,
    DatabaseWatch database,
    LedgerMetrics metrics,
    StandingFigures standing,
    Collector collector,
    HostPhase phase,
    FrozenHosts? frozenHosts = null) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        metrics.ShowZeros();
        loops.Run(DatabaseWatch.Part, database.RunAsync);
        await bootstrap.RunAsync(cancellationToken);
        await notes.StartAsync(cancellationToken);
        loops.Run(KeyWatch.Part, keys.RunAsync);
        loops.Run(RunnerSignals.Part, signals.RunAsync);
        loops.Run(ClaimWatch.Part, claims.RunAsync);
        loops.Run(RunnerPresence.Part, presence.RunAsync);
        loops.Run(DeadlineSweep.Part, deadlines.RunAsync, DeadlineSweep.Patience);
        loops.Every(Repairs.Part, Repairs.Pause, repairs.RunAsync);
        loops.Every(DaemonWatch.Part, DaemonWatch.Pause, daemon.RunAsync);
        if (collector.IsNamed)
        {
            loops.Every(StandingFigures.Part, StandingFigures.Freshness, standing.LookUpAsync);
        }

        if (frozenHosts is not null)
        {
            loops.Every(FrozenHosts.Part, FrozenHosts.Pause, frozenHosts.RunAsync);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        phase.IsEnding = true;
        await loops.DisposeAsync();
    }
}
