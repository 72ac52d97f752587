using Ledger.Deadlines;
using Ledger.Http.Access;
using Ledger.Http.Runners;
using Ledger.Projections.Archiving;
using Ledger.Projections.Rebuild;
using Ledger.Streams;

namespace Ledger.Http.Hosting;

/// <summary>
/// What has to start before the first request and to end after the last one. Repairs, deadlines and writer are ended by the container:
/// whatever depends on another ends before it.
/// </summary>
public sealed class LedgerLifetime(
    Bootstrap bootstrap,
    ChangeNotes notes,
    BackgroundLoops loops,
    KeyWatch keys,
    RunnerSignals signals,
    ClaimWatch claims,
    Repairs repairs,
    DeadlineSweep deadlines,
    ArchiveWatch archive) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await bootstrap.RunAsync(cancellationToken);
        await notes.StartAsync(cancellationToken);
        loops.Run(KeyWatch.Part, keys.RunAsync);
        loops.Run(RunnerSignals.Part, signals.RunAsync);
        loops.Run(ClaimWatch.Part, claims.RunAsync);
        repairs.Start();
        await deadlines.StartAsync(cancellationToken);
        await archive.StartAsync(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await loops.DisposeAsync();
}
