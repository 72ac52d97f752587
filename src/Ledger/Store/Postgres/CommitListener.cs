using Microsoft.Extensions.Logging;
using Npgsql;

namespace Ledger.Store.Postgres;

/// <summary>Hears of the commits of other hosts, on a connection of its own that is opened again whenever it is lost.</summary>
internal sealed partial class CommitListener(NpgsqlDataSource dataSource, TimeProvider clock, ILogger log, Action heard)
{
    // A connection that died without a word is noticed after this long.
    private static readonly TimeSpan Probe = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(500);

    private readonly ILogger log = log;

    /// <summary>Listens until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(stopping);
            }
            catch (Exception outage) when (!stopping.IsCancellationRequested && (outage is PostgresException || Failure.IsOutage(outage)))
            {
                LogDeaf(outage);
                await Task.Delay(PauseAfterFailure, clock, stopping);
            }
        }
    }

    private async Task ListenAsync(CancellationToken stopping)
    {
        await using var connection = await dataSource.OpenConnectionAsync(stopping);
        connection.Notification += (_, _) => heard();
        await using var listen = new NpgsqlCommand($"listen {Notifier.Channel}", connection);
        await listen.ExecuteNonQueryAsync(stopping);

        // Whatever was committed before it listened.
        heard();
        await using var probe = new NpgsqlCommand("select 1", connection);
        while (true)
        {
            if (!await connection.WaitAsync(Probe, stopping))
            {
                await probe.ExecuteNonQueryAsync(stopping);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Commits of other hosts are not heard for a moment; polling finds them.")]
    private partial void LogDeaf(Exception outage);
}
