namespace Ledger.Projections.Daemon;

/// <summary>Wakes one waiter; a beat while nobody waits wakes the next one at once.</summary>
internal sealed class Pulse(TimeProvider clock)
{
    private TaskCompletionSource next = New();

    public void Beat() => Volatile.Read(ref next).TrySetResult();

    /// <summary>False when there was no beat in time.</summary>
    public async Task<bool> WaitAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        var beat = Volatile.Read(ref next).Task;
        if (!beat.IsCompleted)
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            await Task.WhenAny(beat, Task.Delay(timeout, clock, ending.Token));
            await ending.CancelAsync();
            cancellation.ThrowIfCancellationRequested();
        }

        if (!beat.IsCompleted)
        {
            return false;
        }

        Volatile.Write(ref next, New());
        return true;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
