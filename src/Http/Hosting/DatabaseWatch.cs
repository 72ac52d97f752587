using System.Threading.Channels;

namespace Ledger.Http.Hosting;

/// <summary>
/// Tells people that the database is away, and that it is back: one warning and one line, whatever the parts of the host meet meanwhile.
/// Nothing else depends on it; every part waits for the database by itself.
/// </summary>
public sealed partial class DatabaseWatch(NpgsqlDataSource database, HostPhase phase, TimeProvider clock, ILogger<DatabaseWatch> logger)
{
    /// <summary>What operators know it by.</summary>
    public const string Part = "database-watch";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // Connections that died with the database are met a while after it is back.
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(5);

    private readonly Channel<bool> suspicions = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private long backAt;

    /// <summary>Looks at the database whenever somebody has met it away, until it is back.</summary>
    public async Task RunAsync(Action isWell, CancellationToken stopping)
    {
        phase.Watch(() => suspicions.Writer.TryWrite(true));
        isWell();
        await foreach (var _ in suspicions.Reader.ReadAllAsync(stopping))
        {
            await LookAsync(stopping);
        }
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        var began = clock.GetTimestamp();
        var isTold = backAt == 0 || clock.GetElapsedTime(backAt) > Aftermath;
        if (isTold)
        {
            LogAway((await FailureAsync(stopping))?.Message ?? "it has closed connections");
        }

        while (await FailureAsync(stopping) is { } failure)
        {
            if (!isTold)
            {
                isTold = true;
                LogAway(failure.Message);
            }

            await Task.Delay(Pause, clock, stopping);
        }

        suspicions.Reader.TryRead(out _); // Raised while it was looked at.
        backAt = clock.GetTimestamp();
        if (isTold)
        {
            LogBack(clock.GetElapsedTime(began).TotalSeconds);
        }
    }

    /// <summary>What the database says when it is asked for nothing; null when it serves.</summary>
    private async Task<Exception?> FailureAsync(CancellationToken stopping)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
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
