using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Ledger.Store.Postgres;

namespace Ledger.Projections.Daemon;

/// <summary>
/// One question that readers ask, as rows that are made of all events in order. <see cref="ReadModelShard"/> drives it, together with the
/// others.
/// </summary>
public abstract class Projection
{
    /// <summary>Names the projection.</summary>
    /// <param name="name">Its name, as operators and readers use it.</param>
    protected Projection(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Raised when its rows change their meaning: the first host that starts with another version has them made anew.</summary>
    public virtual int Version => 1;

    /// <summary>The types of events that it handles. Others pass it by.</summary>
    internal abstract IReadOnlyCollection<Type> Handles { get; }

    /// <summary>
    /// Does everything that a page asks for short of the commit, and gives the statements that run in one transaction with the checkpoint.
    /// May be called again for the same events, or for a part of them.
    /// </summary>
    /// <param name="connection">Finds its tables by their bare names.</param>
    /// <param name="events">At least one event that it handles, in order.</param>
    /// <param name="cancellation">Ends the work.</param>
    internal abstract Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<RecordedEvent> events, CancellationToken cancellation);
}

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

    /// <summary>The keys of rows that an event takes away, whatever they are: nothing need be known of them.</summary>
    internal virtual IEnumerable<TKey> EndedBy(RecordedEvent recorded) => [];

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
        keys.ExceptWith(events.SelectMany(EndedBy));
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

/// <summary>The rows that a batch of events touches: as stored, and as the events have made them so far.</summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="TRow">The row; immutable.</typeparam>
internal sealed class Rows<TKey, TRow>
    where TKey : notnull
    where TRow : class
{
    private readonly Dictionary<TKey, (TRow? Stored, TRow? Row)> entries = [];

    /// <summary>Rows that are not stored yet.</summary>
    public IEnumerable<KeyValuePair<TKey, TRow>> Added => Current(stored => stored is null);

    /// <summary>Stored rows that have changed.</summary>
    public IEnumerable<KeyValuePair<TKey, TRow>> Changed => Current(stored => stored is not null);

    /// <summary>The keys of rows that are to go, if they are stored.</summary>
    public IEnumerable<TKey> Removed => entries.Where(entry => entry.Value.Row is null).Select(entry => entry.Key);

    /// <summary>The row, or null.</summary>
    public TRow? Find(TKey key) => entries.GetValueOrDefault(key).Row;

    /// <summary>The row as it is stored; null when it is not.</summary>
    public TRow? FindStored(TKey key) => entries.GetValueOrDefault(key).Stored;

    /// <summary>The row.</summary>
    /// <exception cref="InvalidOperationException">There is none: the events or the rows before are not what they should be.</exception>
    public TRow Get(TKey key) => Find(key) ?? throw new InvalidOperationException($"There is no row for {key}.");

    /// <summary>Puts in a row as it is stored.</summary>
    public void Load(TKey key, TRow row) => entries[key] = (row, row);

    /// <summary>Puts in rows as they are stored.</summary>
    public void Load(IEnumerable<KeyValuePair<TKey, TRow>> stored)
    {
        foreach (var (key, row) in stored)
        {
            Load(key, row);
        }
    }

    /// <summary>Adds or replaces a row.</summary>
    public void Set(TKey key, TRow row) => entries[key] = (FindStored(key), row);

    /// <summary>Takes a row away, whether it was loaded or not.</summary>
    public void Remove(TKey key)
    {
        if (Find(key) is not null && FindStored(key) is null)
        {
            entries.Remove(key); // It came and went within the batch.
        }
        else
        {
            entries[key] = (FindStored(key), null);
        }
    }

    private IEnumerable<KeyValuePair<TKey, TRow>> Current(Func<TRow?, bool> which) => entries
        .Where(entry => entry.Value is { Row: { } row } && !ReferenceEquals(entry.Value.Stored, row) && which(entry.Value.Stored))
        .Select(entry => KeyValuePair.Create(entry.Key, entry.Value.Row!));
}

/// <summary>
/// The tables of a projection: those that the schema files beside its code make without naming a schema. Files that name one make
/// something that is not made from events, and belongs to nobody's rows.
/// </summary>
internal sealed partial class ProjectionTables
{
    private static readonly ConcurrentDictionary<Type, ProjectionTables> Known = new();

    private ProjectionTables(IReadOnlyList<SchemaFile> files)
    {
        Files = [.. files.Where(file => TableOf(file) is not null || Unqualified(file))];
        Names = [.. Files.Select(TableOf).OfType<string>()];
    }

    /// <summary>The names of the tables, without a schema.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Whether there are any; a reaction has none.</summary>
    public bool Exist => Names.Count > 0;

    /// <summary>All files that make them, in order.</summary>
    public IReadOnlyList<SchemaFile> Files { get; }

    /// <summary>The files without which no row can be stored, or found by what folds them: an index that it needs stands with its table.</summary>
    public IEnumerable<SchemaFile> Structure => Files.Except(Indexes);

    /// <summary>The files that make indexes for readers, which are cheaper to make when the rows are there.</summary>
    public IEnumerable<SchemaFile> Indexes => Files.Where(file => IsIndex(file) && TableOf(file) is null);

    /// <summary>Changes with the wording of any of the files.</summary>
    public string Fingerprint => string.Join(' ', Files.Select(file => file.Checksum[..8]));

    /// <summary>The tables of a projection.</summary>
    public static ProjectionTables Of(Projection projection) => Known.GetOrAdd(projection.GetType(), Read);

    private static ProjectionTables Read(Type type)
    {
        var folder = $"{type.Namespace}.Schema.";
        return new ProjectionTables(
            [.. SchemaFile.Of(type.Assembly).Where(file => file.Name.StartsWith(folder, StringComparison.Ordinal))]);
    }

    private static string? TableOf(SchemaFile file) => Table().Match(file.Sql) is { Success: true } match ? match.Groups["name"].Value : null;

    private static bool IsIndex(SchemaFile file) => Index().IsMatch(file.Sql);

    private static bool Unqualified(SchemaFile file) => !file.Sql.Contains($" {ProjectionSchema.Live}.", StringComparison.Ordinal);

    [GeneratedRegex(@"^create table if not exists (?<name>\w+) \(", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Table();

    [GeneratedRegex(@"^create (unique )?index ", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Index();
}

/// <summary>
/// Where a projection's tables are. What a projection runs names them without a schema, so that the same statements fill the tables that
/// serve and a second copy of them; readers name <see cref="Live"/>.
/// </summary>
internal static class ProjectionSchema
{
    /// <summary>The schema of the tables that serve.</summary>
    public const string Live = "ledger";

    // What is folded asks for a page's rows, each along an index. A plan that the server made while a table was new and small would be kept until
    // its statistics are next taken, however large the table has become by then.
    private const string Settings = """
        select set_config('search_path', $1, false), set_config('plan_cache_mode', 'force_generic_plan', false), set_config('jit', 'off', false),
          set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false), set_config('enable_mergejoin', 'off', false)
        """;

    /// <summary>Has a connection find tables in a schema, and look rows up by index, until it goes back to the pool.</summary>
    public static Task UseAsync(NpgsqlConnection connection, string schema, CancellationToken cancellation) =>
        connection.ExecuteAsync(Settings, [schema], cancellation);
}

/// <summary>What a page changes in one model: all of it, or what comes before the first event that the model cannot handle.</summary>
/// <param name="Failure">The event that cannot be handled; null for none.</param>
internal sealed record PreparedPage(IReadOnlyList<NpgsqlBatchCommand> Statements, FailedEvent? Failure)
{
    /// <summary>Prepares a page for one model.</summary>
    /// <param name="connection">Finds its tables; outside a transaction, or inside the one that is to write the rows.</param>
    /// <param name="page">All events of the page. A model stops at one that cannot be read, if it would have to handle it.</param>
    /// <param name="tries">Whether the statements are tried, and taken back, so that those which the database refuses are found.</param>
    public static async Task<PreparedPage> OfAsync(
        Projection model,
        NpgsqlConnection connection,
        EventPage page,
        IReadOnlySet<(string Model, long Position)> skipped,
        bool tries,
        CancellationToken cancellation)
    {
        var end = page.Unreadable.FirstOrDefault(found => Handles(EventTypes.RecordOf(found.Type), found.Position));
        var handled = page.Events
            .Where(recorded => Handles(recorded.Data.GetType(), recorded.Position) && (end is null || recorded.Position < end.Position))
            .ToList();
        var (statements, cause) = await TryAsync(handled.Count);
        if (cause is null)
        {
            return new PreparedPage(statements, end is null ? null : new FailedEvent(end.Position, end.Fault));
        }

        // The first event without which the events before it can be handled: between what is known to do and what is known to fail.
        var (good, bad) = (0, handled.Count);
        while (bad - good > 1)
        {
            var middle = (good + bad) / 2;
            (_, var failure) = await TryAsync(middle);
            (good, bad, cause) = failure is null ? (middle, bad, cause) : (good, middle, failure);
        }

        (statements, _) = await TryAsync(good);
        return new PreparedPage(statements, new FailedEvent(handled[bad - 1].Position, cause));

        bool Handles(Type? type, long position) => type is not null && model.Handles.Contains(type) && !skipped.Contains((model.Name, position));

        async Task<(IReadOnlyList<NpgsqlBatchCommand> Statements, Exception? Failure)> TryAsync(int count)
        {
            if (count == 0)
            {
                return ([], null);
            }

            try
            {
                var prepared = await model.PrepareAsync(connection, handled[..count], cancellation);
                if (tries && prepared.Count > 0)
                {
                    await RehearseAsync(connection, prepared, cancellation);
                    prepared = await model.PrepareAsync(connection, handled[..count], cancellation); // A statement belongs to one batch.
                }

                return (prepared, null);
            }
            catch (Exception failure) when (!cancellation.IsCancellationRequested && !Outage.Is(failure))
            {
                return ([], failure);
            }
        }
    }

    private static async Task RehearseAsync(
        NpgsqlConnection connection, IReadOnlyList<NpgsqlBatchCommand> statements, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(statements, cancellation);
        await transaction.RollbackAsync(cancellation);
    }
}

/// <summary>An event that a model cannot handle.</summary>
internal sealed record FailedEvent(long Position, Exception Cause);
