using Ledger.Runner.Supervising;

namespace Ledger.Runner.Execution;

/// <summary>A run as processes of this machine.</summary>
internal sealed class ProcessWorkload(ProcessGroup group, TimeProvider time) : IWorkload
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);

    public Task<Exit> Exited => group.Exited;

    public bool HasEnded => group.HasEnded;

    public async Task<Stop> StopAsync(TimeSpan grace, Task forced)
    {
        using var graceEnd = new CancellationTokenSource();
        var patience = Task.WhenAny(forced, Task.Delay(grace, time, graceEnd.Token));
        if (!forced.IsCompleted)
        {
            group.Interrupt();
            await Task.WhenAny(group.Exited, patience);
        }

        var how = group.Exited.IsCompleted ? Stop.Graceful : Stop.Killed;
        // What stands in the same session got the same signal and may finish in the same time; what is detached got none.
        while (how is Stop.Graceful && !patience.IsCompleted && group.SessionIsAlive)
        {
            await Task.WhenAny(patience, Task.Delay(LookInterval, time, CancellationToken.None));
        }

        await graceEnd.CancelAsync();
        var remains = await CleanAsync();
        var exitCode = group.Exited.IsCompleted ? (await group.Exited).Code : null;
        return new Stop(how, exitCode, Stop.SignalOf(exitCode), remains);
    }

    public async Task<Remains> CleanAsync()
    {
        var remains = await group.EndEverythingAsync();
        await group.FinishOutputAsync();
        return remains;
    }

    public ValueTask DisposeAsync() => group.DisposeAsync();
}
