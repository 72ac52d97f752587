using Ledger.Http.Access;
using Ledger.Http.Checkly.Live;
using Ledger.Http.Live;
using Ledger.Http.Runners;
using Ledger.Projections.Archiving;
using Ledger.Projections.Daemon;
using Ledger.Projections.Deadlines;
using Ledger.Store;

namespace Ledger.Http.Hosting;

/// <summary>
/// What has to start before the first request and to end after the last one. Everybody subscribes before the feed starts, so that nobody
/// misses an event; signals come first, because they are in a hurry. Feed, projections, deadlines and store are ended by the container:
/// whatever depends on another ends before it.
/// </summary>
public sealed class LedgerLifetime(
    Bootstrap bootstrap,
    EventFeed feed,
    SessionChanges changes,
    RunnerSignals signals,
    SessionFeed sessions,
    ClaimWatch claims,
    Suites suites,
    ProjectionDaemon projections,
    DeadlineWatch deadlines,
    ArchiveWatch archive,
    ILogger<LedgerLifetime> logger) : IHostedService, IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly List<IDisposable> subscriptions = [];
    private Task running = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await bootstrap.RunAsync(cancellationToken);
        subscriptions.Add(changes.SubscribeOnce(signals.Publish));
        subscriptions.Add(changes.Subscribe(sessions.Publish));
        subscriptions.Add(changes.SubscribeOnce(claims.Publish));
        subscriptions.Add(changes.Subscribe(suites.Publish));
        subscriptions.Add(feed.Subscribe(changes.Logged));
        await projections.StartAsync(cancellationToken);
        await feed.StartAsync();
        running = Task.WhenAll(WatchAsync(signals.RunAsync), WatchAsync(claims.RunAsync));
        await deadlines.StartAsync(cancellationToken);
        await archive.StartAsync(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        subscriptions.ForEach(subscription => subscription.Dispose());
    }

    public void Dispose() => stopping.Dispose();

    private async Task WatchAsync(Func<CancellationToken, Task> work)
    {
        try
        {
            await work(stopping.Token);
        }
        catch (Exception bug) when (!stopping.IsCancellationRequested)
        {
            logger.LogCritical(bug, "A part of the host ended by an error of its own");
            throw;
        }
    }
}
