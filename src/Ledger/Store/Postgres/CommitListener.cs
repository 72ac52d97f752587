using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Ledger.Store.Postgres;

/// <summary>
/// Hears how far commits go, those of other hosts above all, on a connection of its own that is opened again whenever it is lost.
/// </summary>
internal sealed partial class CommitListener(NpgsqlDataSource dataSource, TimeProvider clock, ILogger log, Action<long> heard)
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
        connection.Notification += (_, told) => heard(
            long.TryParse(told.Payload, NumberStyles.None, CultureInfo.InvariantCulture, out var head) ? head : long.MaxValue);
        await using var listen = new NpgsqlCommand($"listen {Notifier.Channel}", connection);
        await listen.ExecuteNonQueryAsync(stopping);

        // Whatever was committed before it listened.
        heard(long.MaxValue);
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
