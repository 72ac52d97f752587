namespace Ledger.Projections.Daemon;

/// <summary>The rows that a batch of events touches: as stored, and as the events have made them so far.</summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="TRow">The row; immutable.</typeparam>
internal sealed class Rows<TKey, TRow>
    where TKey : notnull
    where TRow : class
{
    private readonly Dictionary<TKey, Entry> entries = [];

    /// <summary>Rows that are not stored yet.</summary>
    public IEnumerable<KeyValuePair<TKey, TRow>> Added => Current(entry => !entry.IsStored);

    /// <summary>Stored rows that have changed.</summary>
    public IEnumerable<KeyValuePair<TKey, TRow>> Changed => Current(entry => entry is { IsStored: true, IsChanged: true });

    /// <summary>Stored rows that are to go.</summary>
    public IEnumerable<TKey> Removed => entries.Where(entry => entry.Value is { IsStored: true, Row: null }).Select(entry => entry.Key);

    /// <summary>The row, or null.</summary>
    public TRow? Find(TKey key) => entries.GetValueOrDefault(key).Row;

    /// <summary>The row.</summary>
    /// <exception cref="InvalidOperationException">There is none: the events or the rows before are not what they should be.</exception>
    public TRow Get(TKey key) => Find(key) ?? throw new InvalidOperationException($"There is no row for {key}.");

    /// <summary>Puts in a row as it is stored.</summary>
    public void Load(TKey key, TRow row) => entries[key] = new Entry(row, IsStored: true, IsChanged: false);

    /// <summary>Adds or replaces a row.</summary>
    public void Set(TKey key, TRow row) => entries[key] = new Entry(row, entries.GetValueOrDefault(key).IsStored, IsChanged: true);

    /// <summary>Takes a row away; nothing happens when there is none.</summary>
    public void Remove(TKey key)
    {
        if (entries.TryGetValue(key, out var entry))
        {
            entries[key] = entry with { Row = null, IsChanged = true };
        }
    }

    private IEnumerable<KeyValuePair<TKey, TRow>> Current(Func<Entry, bool> which) => entries
        .Where(entry => entry.Value.Row is not null && which(entry.Value))
        .Select(entry => KeyValuePair.Create(entry.Key, entry.Value.Row!));

    private readonly record struct Entry(TRow? Row, bool IsStored, bool IsChanged);
}
