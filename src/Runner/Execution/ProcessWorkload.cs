namespace Ledger.Runner.Execution;

/// <summary>A run as processes of this machine.</summary>
internal sealed class ProcessWorkload(ProcessGroup group, TimeProvider time) : IWorkload
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);

    public Task<Exit> Exited { get; } = ExitAsync(group);

    public bool HasEnded => group.HasEnded;

    public void Remember() => group.Family.Living(searchEnvironments: false);

    public async Task<Stop> StopAsync(TimeSpan grace, Task forced)
    {
        using var graceEnd = new CancellationTokenSource();
        var patience = Task.WhenAny(forced, Task.Delay(grace, time, graceEnd.Token));
        group.Family.Living();
        if (!forced.IsCompleted)
        {
            group.Interrupt();
            await Task.WhenAny(group.Exited, patience);
        }

        var how = group.Exited.IsCompleted ? Stop.Graceful : Stop.Killed;
        // What stands in the same session got the same signal and may finish in the same time; what is detached got none.
        while (how is Stop.Graceful && !patience.IsCompleted && group.Family.SessionIsAlive())
        {
            await Task.WhenAny(patience, Task.Delay(LookInterval, time, CancellationToken.None));
        }

        await graceEnd.CancelAsync();
        var left = await CleanAsync();
        int? exitCode = group.Exited.IsCompleted ? await group.Exited : null;
        return new Stop(how, exitCode, Stop.SignalOf(exitCode), left);
    }

    public async Task<int> CleanAsync()
    {
        var left = await group.EndEverythingAsync();
        await group.FinishOutputAsync();
        return left;
    }

    public ValueTask DisposeAsync() => group.DisposeAsync();

    private static async Task<Exit> ExitAsync(ProcessGroup group) => Exit.Of(await group.Exited);
}
