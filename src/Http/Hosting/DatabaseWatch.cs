using Npgsql;

namespace Ledger.Http.Hosting;

/// <summary>
/// Tells people that the database is away, and that it is back: one warning and one line, whatever the parts of the host meet meanwhile.
/// Nothing else depends on it; every part waits for the database by itself.
/// </summary>
public sealed partial class DatabaseWatch(NpgsqlDataSource database, HostPhase phase, TimeProvider clock, ILogger<DatabaseWatch> logger)
    : IHostedService, IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // Connections that died with the database are met a while after it is back.
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource stopping = new();
    private Task looking = Task.CompletedTask;
    private int isLooking;
    private long backAt;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        phase.Watch(Suspect);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        phase.IsEnding = true;
        await stopping.CancelAsync();
        await looking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => stopping.Dispose();

    private void Suspect()
    {
        if (!stopping.IsCancellationRequested && Interlocked.Exchange(ref isLooking, 1) == 0)
        {
            looking = Task.Run(LookAsync);
        }
    }

    private async Task LookAsync()
    {
        try
        {
            var began = clock.GetTimestamp();
            var isTold = backAt == 0 || clock.GetElapsedTime(backAt) > Aftermath;
            if (isTold)
            {
                LogAway((await FailureAsync())?.Message ?? "it has closed connections");
            }

            while (await FailureAsync() is { } failure)
            {
                if (!isTold)
                {
                    isTold = true;
                    LogAway(failure.Message);
                }

                await Task.Delay(Pause, clock, stopping.Token);
            }

            backAt = clock.GetTimestamp();
            if (isTold)
            {
                LogBack(clock.GetElapsedTime(began).TotalSeconds);
            }
        }
        finally
        {
            isLooking = 0;
        }
    }

    /// <summary>What the database says when it is asked for nothing; null when it serves.</summary>
    private async Task<Exception?> FailureAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        patience.CancelAfter(Patience);
        try
        {
            await using var command = database.CreateCommand("select 1");
            await command.ExecuteScalarAsync(patience.Token);
            return null;
        }
        catch (Exception failure) when (!stopping.IsCancellationRequested)
        {
            return failure;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The database is away: {Why}. The host waits for it.")]
    private partial void LogAway(string why);

    [LoggerMessage(LogLevel.Information, "The database is back after {Seconds:0.0} s.")]
    private partial void LogBack(double seconds);
}
