namespace Ledger.Store.Postgres;

/// <summary>
/// The queue in front of the writers. It hands out batches in the order of arrival in which each stream, and each idempotency key,
/// occurs at most once: a second unit on the same stream is held back to the next batch, and so is whatever came after it there.
/// </summary>
internal sealed class Intake(EventStoreOptions options)
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _room = new(options.QueueLimit, options.QueueLimit);
    private readonly Queue<TaskCompletionSource> _idle = new();
    private readonly Queue<PendingUnit> _arrivals = new();
    private readonly HashSet<StreamId> _streams = [];
    private readonly HashSet<AnswerKey> _keys = [];
    private List<PendingUnit> _heldBack = [];
    private List<PendingUnit> _stillHeldBack = [];
    private int _inFlight;
    private bool _closed;

    /// <summary>Queues a unit; waits while the queue is full.</summary>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    public async ValueTask AddAsync(PendingUnit unit, CancellationToken cancellation)
    {
        await _room.WaitAsync(cancellation);
        lock (_gate)
        {
            if (_closed)
            {
                // So that the next one in line is refused as well, instead of waiting for ever.
                _room.Release();
                throw new ObjectDisposedException(nameof(PostgresEventStore));
            }

            _arrivals.Enqueue(unit);
            WakeWriter();
        }
    }

    /// <summary>No further unit; what is queued is still handed out.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            WakeWriter();
        }
    }

    /// <summary>Waits for work and fills the empty <paramref name="batch"/>; false when there will be no more.</summary>
    public async ValueTask<bool> TakeAsync(List<PendingUnit> batch)
    {
        while (true)
        {
            Task work;
            lock (_gate)
            {
                if (IsWorthABatch())
                {
                    _inFlight++;
                    Fill(batch);
                    return true;
                }

                if (_closed && Waiting == 0)
                {
                    WakeAllWriters();
                    return false;
                }

                var idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _idle.Enqueue(idle);
                work = idle.Task;
            }

            await work;
        }
    }

    /// <summary>Says that a batch that was taken is decided.</summary>
    public void Finish()
    {
        lock (_gate)
        {
            _inFlight--;
            WakeWriter();
        }
    }

    private int Waiting => _heldBack.Count + _arrivals.Count;

    // While another batch is under way a further one could only wait for it: the more it takes along then, the better.
    private bool IsWorthABatch() => Waiting > 0 && (_inFlight == 0 || _closed || Waiting >= options.UnitsForOverlap);

    private void WakeWriter()
    {
        if ((IsWorthABatch() || _closed) && _idle.TryDequeue(out var idle))
        {
            idle.SetResult();
        }
    }

    private void WakeAllWriters()
    {
        while (_idle.TryDequeue(out var idle))
        {
            idle.SetResult();
        }
    }

    private void Fill(List<PendingUnit> batch)
    {
        _streams.Clear();
        _keys.Clear();
        var events = 0;
        var bytes = 0L;
        var before = Waiting;

        foreach (var unit in _heldBack)
        {
            Offer(unit);
        }

        while (HasRoom() && _stillHeldBack.Count < options.UnitsPerBatch && _arrivals.TryDequeue(out var unit))
        {
            Offer(unit);
        }

        (_heldBack, _stillHeldBack) = (_stillHeldBack, _heldBack);
        _stillHeldBack.Clear();
        if (before > Waiting)
        {
            _room.Release(before - Waiting);
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
                _stillHeldBack.Add(unit);
            }
        }
    }

    // All of them are claimed even when one is taken: what follows on any of them has to wait as well.
    private bool Claim(AppendUnit unit)
    {
        var free = true;
        foreach (var append in unit.Appends)
        {
            free &= _streams.Add(append.Stream);
        }

        foreach (var answer in unit.Answers)
        {
            free &= _keys.Add(AnswerKey.Of(answer));
        }

        return free;
    }
}
