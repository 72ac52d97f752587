namespace Ledger.Store;

/// <summary>Those who wait until a position is reached.</summary>
internal sealed class PositionWaiters
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<TaskCompletionSource, long> _waiting = new();
    private long _reached;

    /// <summary>The position that was reached.</summary>
    public long Reached => Volatile.Read(ref _reached);

    /// <summary>Ends when the position is reached.</summary>
    public Task WaitForAsync(long position, CancellationToken cancellation)
    {
        if (position <= Reached)
        {
            return Task.CompletedTask;
        }

        lock (_gate)
        {
            if (position <= _reached)
            {
                return Task.CompletedTask;
            }

            var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(waiter, position);
            return waiter.Task.WaitAsync(cancellation);
        }
    }

    /// <summary>Moves on, and lets go of everyone who waited for this much.</summary>
    public void Reach(long position)
    {
        lock (_gate)
        {
            Volatile.Write(ref _reached, position);
            while (_waiting.TryPeek(out var waiter, out var wanted) && wanted <= position)
            {
                _waiting.Dequeue();
                waiter.SetResult();
            }
        }
    }

    /// <summary>Lets go of everyone, because nothing further will be reached.</summary>
    public void Abandon()
    {
        lock (_gate)
        {
            while (_waiting.TryDequeue(out var waiter, out _))
            {
                waiter.SetCanceled();
            }
        }
    }
}
