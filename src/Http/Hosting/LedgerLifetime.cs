using Ledger.Http.Access;
using Ledger.Store.Postgres;

namespace Ledger.Http.Hosting;

/// <summary>What has to start before the first request and to end after the last one.</summary>
internal sealed class LedgerLifetime(Bootstrap bootstrap, PostgresEventStore store) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => bootstrap.RunAsync(cancellationToken);

    public async Task StopAsync(CancellationToken cancellationToken) => await store.DisposeAsync();
}
