using Ledger.Sessions.Events;
using Ledger.Store;
using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>
/// A projection to rows of sessions: for each batch, the rows that it touches are loaded by one query, the events are folded in memory,
/// and what has changed is written in one round trip together with the checkpoint. The fold is pure. A row belongs to one session, so that
/// none is stored of a session that begins in the batch.
/// </summary>
/// <typeparam name="TKey">The key of a row.</typeparam>
/// <typeparam name="TRow">The row; immutable.</typeparam>
internal abstract class RowProjection<TKey, TRow>(string name) : Projection(name)
    where TKey : notnull
    where TRow : class
{
    /// <summary>The keys of stored rows that an event may touch; none for rows that it makes.</summary>
    internal abstract IEnumerable<TKey> KeysOf(RecordedEvent recorded);

    /// <summary>Folds one event. Pure: reads and writes nothing but <paramref name="rows"/>.</summary>
    internal abstract void Apply(RecordedEvent recorded, Rows<TKey, TRow> rows);

    /// <summary>Loads the stored rows of these keys, as far as there are any.</summary>
    protected abstract Task LoadAsync(
        NpgsqlConnection connection, IReadOnlyCollection<TKey> keys, Rows<TKey, TRow> rows, CancellationToken cancellation);

    /// <summary>The statements that store what has changed; none when nothing has.</summary>
    protected abstract IEnumerable<NpgsqlBatchCommand> Save(Rows<TKey, TRow> rows);

    /// <inheritdoc/>
    internal sealed override async Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<RecordedEvent> events, CancellationToken cancellation)
    {
        var rows = new Rows<TKey, TRow>();
        var begun = events.Where(recorded => recorded.Data is SessionTriggered).Select(recorded => recorded.Stream).ToHashSet();
        var keys = events.Where(recorded => !begun.Contains(recorded.Stream)).SelectMany(KeysOf).ToHashSet();
        if (keys.Count > 0)
        {
            await LoadAsync(connection, keys, rows, cancellation);
        }

        foreach (var recorded in events)
        {
            Apply(recorded, rows);
        }

        return [.. Save(rows)];
    }
}
