using Ledger.Projections.Daemon;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ledger.Projections.Archiving;

/// <summary>Archives in the background what was settled some days ago; several hosts may do it at once, since a session is archived once.</summary>
public sealed partial class ArchiveWatch : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Retry = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource stopping = new();
    private readonly Archiver archiver;
    private readonly TimeSpan? after;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private Task running = Task.CompletedTask;

    /// <summary>A watch that does nothing before <see cref="StartAsync"/>.</summary>
    /// <param name="archiver">Archives; what it needs is disposed after the watch.</param>
    /// <param name="after">How long after it was settled a session is archived; null for never.</param>
    /// <param name="clock">The ledger's clock.</param>
    /// <param name="log">Where the work and outages are told; null for nowhere.</param>
    public ArchiveWatch(Archiver archiver, TimeSpan? after, TimeProvider clock, ILogger<ArchiveWatch>? log = null)
    {
        this.archiver = archiver;
        this.after = after;
        this.clock = clock;
        this.log = log ?? NullLogger<ArchiveWatch>.Instance;
    }

    /// <summary>Starts the watch, once, if there is something to watch for. Ends at once.</summary>
    public Task StartAsync(CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        running = after is { } age ? RunAsync(age) : Task.CompletedTask;
        return Task.CompletedTask;
    }

    /// <summary>Stops after the batch that is under way; another host, or the next start, goes on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!stopping.IsCancellationRequested)
        {
            await stopping.CancelAsync();
            await running;
            stopping.Dispose();
        }
    }

    private async Task RunAsync(TimeSpan age)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var archived = await archiver.ArchiveAsync(null, clock.GetUtcNow() - age, int.MaxValue, stopping.Token);
                if (archived > 0)
                {
                    LogArchived(archived);
                }

                await Task.Delay(Every, clock, stopping.Token);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception outage) when (Outage.Is(outage))
            {
                LogOutage(outage);
            }
            catch (Exception failure)
            {
                LogFailed(failure);
            }

            await Task.Delay(Retry, clock, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Count} sessions were archived.")]
    private partial void LogArchived(int count);

    [LoggerMessage(LogLevel.Warning, "Archiving waits for the database.")]
    private partial void LogOutage(Exception outage);

    [LoggerMessage(LogLevel.Error, "Archiving could not go on, and tries again.")]
    private partial void LogFailed(Exception failure);
}
