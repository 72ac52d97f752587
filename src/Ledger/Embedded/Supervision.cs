using System.ComponentModel;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Ledger.Embedded;

/// <summary>
/// Keeps a server running while its host lives. The owner watches the server's process and restarts it on the same port; a
/// guest watches for the owner's lock and becomes the owner when it is free.
/// </summary>
internal sealed class Supervision : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan GuestLooksForLock = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(10);

    private readonly Server server;
    private readonly ClusterFolder folder;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly CancellationTokenSource ending = new();
    private readonly Task watching;
    private volatile HostLock? ownership;
    private volatile RunningServer running;

    private Supervision(
        Server server, ClusterFolder folder, TimeProvider time, ILogger logger, HostLock? ownership, RunningServer running)
    {
        this.server = server;
        this.folder = folder;
        this.time = time;
        this.logger = logger;
        this.ownership = ownership;
        this.running = running;
        watching = WatchAsync(ending.Token);
    }

    /// <summary>The server as last seen.</summary>
    internal RunningServer Running => running;

    /// <summary>Whether this host holds the lock.</summary>
    internal bool IsOwner => ownership is not null;

    /// <summary>
    /// Becomes owner or guest, whichever comes first: the lock is free, or its holder's server answers. Of two hosts that start
    /// at the same instant one gets the lock and the other waits here for its server.
    /// </summary>
    internal static async Task<Supervision> BeginAsync(
        Server server, ClusterFolder folder, EmbeddedPostgresOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        var clock = options.TimeProvider;
        var began = clock.GetTimestamp();
        while (true)
        {
            if (HostLock.TryTake(folder.LockFile) is { } ownership)
            {
                try
                {
                    var started = await server.EnsureRunningAsync(fixedPort: null, cancellationToken);
                    return new Supervision(server, folder, clock, logger, ownership, started);
                }
                catch
                {
                    using (ownership)
                    {
                        await server.StopAsync();
                    }

                    throw;
                }
            }

            if (await server.TryReachAsync(ClusterFolder.LedgerName, cancellationToken) is { } found)
            {
                logger.LogInformation(
                    "Another host owns {Directory}; sharing its PostgreSQL on 127.0.0.1:{Port}", folder.Root, found.Port);
                return new Supervision(server, folder, clock, logger, ownership: null, found);
            }

            if (clock.GetElapsedTime(began) > options.StartTimeout)
            {
                throw new EmbeddedPostgresException(
                    $"Another host holds '{folder.LockFile}' but its PostgreSQL does not answer: end that host, or choose another Ledger:DataDirectory.");
            }

            await Task.Delay(FirstBackOff, clock, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await watching;
        using (ownership)
        {
            if (IsOwner)
            {
                await server.StopAsync();
            }
        }

        ending.Dispose();
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var seenAlive = time.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                var isAlive = PostmasterProcess.IsAlive(running.ProcessId);
                if (!IsOwner && (!isAlive || time.GetElapsedTime(seenAlive) > GuestLooksForLock))
                {
                    seenAlive = time.GetTimestamp();
                    BecomeOwnerIfFree();
                }

                if (!isAlive)
                {
                    await (IsOwner ? ReviveAsync(cancellationToken) : FollowAsync(cancellationToken));
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The host is ending.
        }
    }

    private void BecomeOwnerIfFree()
    {
        ownership = HostLock.TryTake(folder.LockFile);
        if (IsOwner)
        {
            logger.LogInformation("The host that owned {Directory} has gone: this host is the owner now", folder.Root);
        }
    }

    /// <summary>A guest looks for the server that the owner has restarted.</summary>
    private async Task FollowAsync(CancellationToken cancellationToken) =>
        running = await server.TryReachAsync(ClusterFolder.LedgerName, cancellationToken) ?? running;

    /// <summary>Restarts the server on its port, with longer and longer pauses, until it runs or the host ends.</summary>
    private async Task ReviveAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        logger.LogWarning("PostgreSQL (process {ProcessId}) has died: restarting it", running.ProcessId);
        for (var pause = FirstBackOff; ; pause = pause * 2 < LongestBackOff ? pause * 2 : LongestBackOff)
        {
            try
            {
                running = await server.EnsureRunningAsync(running.Port, cancellationToken);
                logger.LogWarning(
                    "PostgreSQL is back as process {ProcessId} on 127.0.0.1:{Port} after {Elapsed}",
                    running.ProcessId, running.Port, time.GetElapsedTime(began));
                return;
            }
            catch (Exception e) when (e is EmbeddedPostgresException or NpgsqlException or IOException or UnauthorizedAccessException or Win32Exception)
            {
                logger.LogError(e, "PostgreSQL could not be restarted; trying again in {Pause}", pause);
            }

            await Task.Delay(pause, time, cancellationToken);
        }
    }
}
