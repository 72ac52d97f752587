namespace Ledger.Projections.Daemon;

/// <summary>Those who wait until a projection has come to a position.</summary>
internal sealed class PositionSignal
{
    private readonly Lock gate = new();
    private readonly LinkedList<Waiter> waiters = new();

    /// <summary>Whether anybody waits.</summary>
    public bool HasWaiters
    {
        get
        {
            lock (gate)
            {
                return waiters.Count > 0;
            }
        }
    }

    /// <summary>Begins to wait for a position; disposing the result ends it.</summary>
    public Waiter Await(long position)
    {
        lock (gate)
        {
            return waiters.AddLast(new Waiter(this, position)).Value;
        }
    }

    /// <summary>The projection was seen at a position.</summary>
    public void Reach(long position)
    {
        lock (gate)
        {
            foreach (var waiter in waiters)
            {
                waiter.Reach(position);
            }
        }
    }

    private void Remove(Waiter waiter)
    {
        lock (gate)
        {
            waiters.Remove(waiter);
        }
    }

    /// <summary>One who waits.</summary>
    internal sealed class Waiter(PositionSignal signal, long awaited) : IDisposable
    {
        private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Ends when the projection was seen at or after the position.</summary>
        public Task Reached => reached.Task;

        public void Reach(long position)
        {
            if (position >= awaited)
            {
                reached.TrySetResult();
            }
        }

        public void Dispose() => signal.Remove(this);
    }
}
