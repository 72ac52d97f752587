namespace Ledger.Projections.Daemon;

/// <summary>
/// A table as a projection writes it: each column is said once, with its value in a row and with what becomes of it where the row is there already.
/// All rows of a page are one statement, over one array for each column. Names are without a schema (<see cref="ProjectionSchema"/>).
/// </summary>
internal sealed class Table<TRow>(string name)
{
    private readonly List<Column> columns = [];

    /// <summary>A column that tells rows apart.</summary>
    public Table<TRow> Key<T>(string column, Func<TRow, T> value) => With(column, ColumnRole.Key, value, null);

    /// <summary>The key of another form of the table's rows.</summary>
    public Table<TRow> Keys<TKey>(Table<TKey> keys, Func<TRow, TKey> key)
    {
        columns.AddRange(keys.columns.Select(column => new Column(column.Name, column.Role, rows => column.ValuesOf([.. rows.Select(key)]), column.Cast)));
        return this;
    }

    /// <summary>A column that never changes.</summary>
    /// <param name="column">The column.</param>
    /// <param name="value">Its value.</param>
    /// <param name="cast">What the database makes of a text, such as jsonb; null for a value that is sent as what it is.</param>
    public Table<TRow> Once<T>(string column, Func<TRow, T> value, string? cast = null) => With(column, ColumnRole.Once, value, cast);

    /// <summary>A column that is replaced.</summary>
    /// <inheritdoc cref="Once"/>
    public Table<TRow> Set<T>(string column, Func<TRow, T> value, string? cast = null) => With(column, ColumnRole.Set, value, cast);

    /// <summary>A number that is added to the one that is there.</summary>
    public Table<TRow> Sum<T>(string column, Func<TRow, T> value) => With(column, ColumnRole.Sum, value, null);

    /// <summary>Rows that are not there yet.</summary>
    public NpgsqlBatchCommand Insert(IReadOnlyList<TRow> rows) => Statement(InsertSql, columns, rows);

    /// <summary>Rows that may be there already.</summary>
    public NpgsqlBatchCommand Upsert(IReadOnlyList<TRow> rows) => Statement(
        $"{InsertSql} on conflict ({Names(Of(ColumnRole.Key))}) do update set "
        + List(Of(ColumnRole.Set, ColumnRole.Sum), column => column.Role is ColumnRole.Sum ? $"{column} = r.{column} + excluded.{column}" : $"{column} = excluded.{column}"),
        columns,
        rows);

    /// <summary>Rows that are there.</summary>
    public NpgsqlBatchCommand Update(IReadOnlyList<TRow> rows) => Statement(
        $"update {name} r set {List(Of(ColumnRole.Set), column => $"{column} = {column.Value}")} from {Unnest(Of(ColumnRole.Key, ColumnRole.Set))} where {IsSame}",
        Of(ColumnRole.Key, ColumnRole.Set),
        rows);

    /// <summary>Takes rows away.</summary>
    public NpgsqlBatchCommand Delete(IReadOnlyList<TRow> keys) =>
        Statement($"delete from {name} r using {Unnest(Of(ColumnRole.Key))} where {IsSame}", Of(ColumnRole.Key), keys);

    /// <summary>The stored rows of these keys, as far as there are any.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="select">What to read, of the table as <c>r</c>.</param>
    /// <param name="further">What else to join, and conditions.</param>
    public NpgsqlBatchCommand Select(IReadOnlyList<TRow> keys, string select, string further = "") => Statement(
        $"select {select} from {Unnest(Of(ColumnRole.Key))} join {name} r using ({Names(Of(ColumnRole.Key))}) {further}", Of(ColumnRole.Key), keys);

    /// <summary>Reads them.</summary>
    public async Task<List<T>> LoadAsync<T>(
        NpgsqlConnection connection, IReadOnlyList<TRow> keys, string select, Func<NpgsqlDataReader, T> read, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Select(keys, select) } };
        await batch.PrepareAsync(cancellation);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        return await reader.ReadAllAsync(read, cancellation);
    }

    /// <summary>The stored rows of these keys as records, each with its key, which is one as well (<see cref="Record{T}"/>).</summary>
    /// <param name="columns">What to read, where the columns do not bear the names of the members.</param>
    public Task<List<KeyValuePair<TRow, T>>> LoadAsync<T>(
        NpgsqlConnection connection, IReadOnlyList<TRow> keys, CancellationToken cancellation, string? columns = null)
    {
        Func<NpgsqlDataReader, TRow>? key = null;
        Func<NpgsqlDataReader, T>? read = null;
        return LoadAsync(
            connection,
            keys,
            $"{Record<TRow>.Columns}, {columns ?? Record<T>.Columns}",
            row => KeyValuePair.Create((key ??= Record<TRow>.From(row))(row), (read ??= Record<T>.From(row))(row)),
            cancellation);
    }

    private string InsertSql => $"insert into {name} as r ({Names(columns)}) select {List(columns, column => column.Value)} from {Unnest(columns)}";

    private string IsSame => string.Join(" and ", Of(ColumnRole.Key).Select(column => $"r.{column} = n.{column}"));

    private Table<TRow> With<T>(string column, ColumnRole role, Func<TRow, T> value, string? cast)
    {
        columns.Add(new Column(column, role, rows => rows.Select(value).ToArray(), cast));
        return this;
    }

    private List<Column> Of(params IReadOnlyList<ColumnRole> roles) => [.. roles.SelectMany(role => columns.Where(column => column.Role == role))];

    private static NpgsqlBatchCommand Statement(string sql, IEnumerable<Column> columns, IReadOnlyList<TRow> rows) =>
        Sql.Of(sql, [.. columns.Select(column => column.ValuesOf(rows))]);

    private static string Unnest(IReadOnlyList<Column> columns) => $"unnest({List(columns.Index(), column => $"${column.Index + 1}")}) as n({Names(columns)})";

    private static string Names(IEnumerable<Column> columns) => List(columns, column => column.Name);

    private static string List<T>(IEnumerable<T> items, Func<T, string> text) => string.Join(", ", items.Select(text));

    private sealed record Column(string Name, ColumnRole Role, Func<IReadOnlyList<TRow>, object> ValuesOf, string? Cast)
    {
        public string Value => Cast is null ? $"n.{Name}" : $"n.{Name}::{Cast}";

        public override string ToString() => Name;
    }
}

/// <summary>What a column is for.</summary>
internal enum ColumnRole
{
    /// <summary>It tells rows apart.</summary>
    Key,

    /// <summary>It never changes.</summary>
    Once,

    /// <summary>It is replaced.</summary>
    Set,

    /// <summary>It is added to.</summary>
    Sum,
}
