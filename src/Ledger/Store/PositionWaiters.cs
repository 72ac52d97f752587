namespace Ledger.Store;

/// <summary>Those who wait until a position is reached.</summary>
internal sealed class PositionWaiters
{
    private readonly Lock gate = new();
    private readonly PriorityQueue<TaskCompletionSource, long> waiting = new();
    private long reached;

    /// <summary>The position that was reached.</summary>
    public long Reached => Volatile.Read(ref reached);

    /// <summary>Ends when the position is reached.</summary>
    public Task WaitForAsync(long position, CancellationToken cancellation)
    {
        if (position <= Reached)
        {
            return Task.CompletedTask;
        }

        lock (gate)
        {
            if (position <= reached)
            {
                return Task.CompletedTask;
            }

            var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Enqueue(waiter, position);
            return waiter.Task.WaitAsync(cancellation);
        }
    }

    /// <summary>Moves on, and lets go of everyone who waited for this much.</summary>
    public void Reach(long position)
    {
        lock (gate)
        {
            Volatile.Write(ref reached, position);
            while (waiting.TryPeek(out var waiter, out var wanted) && wanted <= position)
            {
                waiting.Dequeue();
                waiter.SetResult();
            }
        }
    }

    /// <summary>Lets go of everyone, because nothing further will be reached.</summary>
    public void Abandon()
    {
        lock (gate)
        {
            while (waiting.TryDequeue(out var waiter, out _))
            {
                waiter.SetCanceled();
            }
        }
    }
}
