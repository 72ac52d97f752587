namespace Ledger.Store.Postgres;

/// <summary>
/// The queue in front of the writers. It hands out batches in the order of arrival in which each stream, and each idempotency key,
/// occurs at most once: a second unit on the same stream is held back to the next batch, and so is whatever came after it there.
/// </summary>
internal sealed class Intake(EventStoreOptions options)
{
    private readonly Lock gate = new();
    private readonly SemaphoreSlim room = new(options.QueueLimit, options.QueueLimit);
    private readonly Queue<TaskCompletionSource> idle = new();
    private readonly Queue<PendingUnit> arrivals = new();
    private readonly HashSet<StreamId> streams = [];
    private readonly HashSet<AnswerKey> keys = [];
    private List<PendingUnit> heldBack = [];
    private List<PendingUnit> stillHeldBack = [];
    private int inFlight;
    private bool closed;

    /// <summary>Queues a unit; waits while the queue is full.</summary>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    public async ValueTask AddAsync(PendingUnit unit, CancellationToken cancellation)
    {
        await room.WaitAsync(cancellation);
        lock (gate)
        {
            if (closed)
            {
                // So that the next one in line is refused as well, instead of waiting for ever.
                room.Release();
                throw new ObjectDisposedException(nameof(PostgresEventStore));
            }

            arrivals.Enqueue(unit);
            WakeWriter();
        }
    }

    /// <summary>No further unit; what is queued is still handed out.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            WakeWriter();
        }
    }

    /// <summary>Waits for work and fills the empty <paramref name="batch"/>; false when there will be no more.</summary>
    public async ValueTask<bool> TakeAsync(List<PendingUnit> batch)
    {
        while (true)
        {
            Task work;
            lock (gate)
            {
                if (IsWorthABatch())
                {
                    inFlight++;
                    Fill(batch);
                    return true;
                }

                if (closed && Waiting == 0)
                {
                    WakeAllWriters();
                    return false;
                }

                var sleeper = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                idle.Enqueue(sleeper);
                work = sleeper.Task;
            }

            await work;
        }
    }

    /// <summary>Says that a batch that was taken is decided.</summary>
    public void Finish()
    {
        lock (gate)
        {
            inFlight--;
            WakeWriter();
        }
    }

    private int Waiting => heldBack.Count + arrivals.Count;

    // While another batch is under way a further one could only wait for it: the more it takes along then, the better.
    private bool IsWorthABatch() => Waiting > 0 && (inFlight == 0 || closed || Waiting >= options.UnitsForOverlap);

    private void WakeWriter()
    {
        if ((IsWorthABatch() || closed) && idle.TryDequeue(out var sleeper))
        {
            sleeper.SetResult();
        }
    }

    private void WakeAllWriters()
    {
        while (idle.TryDequeue(out var sleeper))
        {
            sleeper.SetResult();
        }
    }

    private void Fill(List<PendingUnit> batch)
    {
        streams.Clear();
        keys.Clear();
        var events = 0;
        var bytes = 0L;
        var before = Waiting;

        foreach (var unit in heldBack)
        {
            Offer(unit);
        }

        while (HasRoom() && stillHeldBack.Count < options.UnitsPerBatch && arrivals.TryDequeue(out var unit))
        {
            Offer(unit);
        }

        (heldBack, stillHeldBack) = (stillHeldBack, heldBack);
        stillHeldBack.Clear();
        if (before > Waiting)
        {
            room.Release(before - Waiting);
        }

        bool HasRoom() => batch.Count < options.UnitsPerBatch && events < options.EventsPerBatch && bytes < options.BytesPerBatch;

        void Offer(PendingUnit unit)
        {
            if (unit.IsAbandoned())
            {
                return;
            }

            if (Claim(unit.Unit) && HasRoom())
            {
                batch.Add(unit);
                events += unit.Events.Count;
                bytes += unit.Bytes;
            }
            else
            {
                stillHeldBack.Add(unit);
            }
        }
    }

    // All of them are claimed even when one is taken: what follows on any of them has to wait as well.
    private bool Claim(AppendUnit unit)
    {
        var free = true;
        foreach (var append in unit.Appends)
        {
            free &= streams.Add(append.Stream);
        }

        foreach (var answer in unit.Answers)
        {
            free &= keys.Add(AnswerKey.Of(answer));
        }

        return free;
    }
}
