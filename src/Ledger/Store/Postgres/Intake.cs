using System.Threading.Channels;

namespace Ledger.Store.Postgres;

/// <summary>
/// The queue in front of the writers. It hands out batches in the order of arrival in which each stream, and each idempotency key,
/// occurs at most once: a second unit on the same stream is held back to the next batch, and so is whatever came after it there.
/// </summary>
internal sealed class Intake(EventStoreOptions options) : IDisposable
{
    private readonly Channel<PendingUnit> _arrivals = Channel.CreateBounded<PendingUnit>(options.QueueLimit);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly HashSet<StreamId> _streams = [];
    private readonly HashSet<AnswerKey> _keys = [];
    private List<PendingUnit> _heldBack = [];
    private List<PendingUnit> _stillHeldBack = [];

    /// <summary>Queues a unit; waits while the queue is full.</summary>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    public async ValueTask AddAsync(PendingUnit unit, CancellationToken cancellation)
    {
        try
        {
            await _arrivals.Writer.WriteAsync(unit, cancellation);
        }
        catch (ChannelClosedException closed)
        {
            throw new ObjectDisposedException("The event store is closed.", closed);
        }
    }

    /// <summary>No further unit; what is queued is still handed out.</summary>
    public void Close() => _arrivals.Writer.TryComplete();

    /// <summary>Waits for work and fills the empty <paramref name="batch"/>; false when there will be no more.</summary>
    public async ValueTask<bool> TakeAsync(List<PendingUnit> batch)
    {
        await _turn.WaitAsync();
        try
        {
            if (_heldBack.Count == 0 && !await _arrivals.Reader.WaitToReadAsync())
            {
                return false;
            }

            Fill(batch);
            return true;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private void Fill(List<PendingUnit> batch)
    {
        _streams.Clear();
        _keys.Clear();
        var events = 0;
        var bytes = 0L;

        foreach (var unit in _heldBack)
        {
            Offer(unit);
        }

        while (HasRoom() && _stillHeldBack.Count < options.UnitsPerBatch && _arrivals.Reader.TryRead(out var unit))
        {
            Offer(unit);
        }

        (_heldBack, _stillHeldBack) = (_stillHeldBack, _heldBack);
        _stillHeldBack.Clear();

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
