using System.Numerics;
using Ledger.Projections.CheckResults;
using Ledger.Projections.Daemon;
using Ledger.Sessions;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.Metrics;

/// <summary>
/// How did the runs of each check go? Adds up what the results say (docs/dialects/checkly.md#reports): of each batch by itself, then onto
/// what is stored. Sums do not depend on how the events were cut into batches.
/// </summary>
internal sealed class CheckMetricsProjection() : ResultProjection(CheckMetricsReader.ProjectionName)
{
    private static readonly MetricsSpan[] Spans = Enum.GetValues<MetricsSpan>();

    internal override async Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<ResultFact> results, CancellationToken cancellation)
    {
        var rows = Sum(results);
        if (rows.Count == 0)
        {
            return [];
        }

        await CheckMetricsTable.AddStoredAsync(connection, rows, cancellation);
        return [CheckMetricsTable.Upsert([.. rows])];
    }

    /// <summary>
    /// What results add up to. Pure. Each final result of a registered check is one run, in the hour and in the day in which it was settled; a
    /// failed try is none.
    /// </summary>
    internal static Dictionary<MetricsKey, MetricsRow> Sum(IEnumerable<ResultFact> results)
    {
        var rows = new Dictionary<MetricsKey, MetricsRow>();
        foreach (var run in results)
        {
            if (run is { HasCheck: true, Outcome: { } outcome })
            {
                foreach (var span in Spans)
                {
                    var key = new MetricsKey(
                        run.Run.AccountId, run.CheckId, run.Location, span, span.StartOf(run.CreatedAt), outcome, run.Cause);
                    if (!rows.TryGetValue(key, out var row))
                    {
                        rows.Add(key, row = new MetricsRow());
                    }

                    row.Add(run);
                }
            }
        }

        return rows;
    }
}

/// <summary>The runs of one check at one location that were settled in one span of time and ended in one way.</summary>
internal readonly record struct MetricsKey(
    Guid AccountId, Guid CheckId, string Location, MetricsSpan Span, DateTimeOffset StartsAt, RunState Outcome, CancelCause? Cause);

/// <summary>How many runs there are, and how long they took. It only ever grows.</summary>
internal sealed class MetricsRow
{
    public long Runs { get; private set; }

    public ResponseTimes ResponseTimes { get; private init; } = new();

    /// <summary>A row as it is stored.</summary>
    public static MetricsRow Stored(long runs, ResponseTimes responseTimes) => new() { Runs = runs, ResponseTimes = responseTimes };

    /// <summary>Adds a run. One that does not count gives no response time.</summary>
    public void Add(ResultFact run)
    {
        Runs++;
        if (run is { Outcome: { } outcome, ResponseTime: { } milliseconds } && outcome.Counts())
        {
            ResponseTimes.Add(milliseconds);
        }
    }

    /// <summary>Adds the runs of another row.</summary>
    public void Add(MetricsRow other)
    {
        Runs += other.Runs;
        ResponseTimes.Add(other.ResponseTimes);
    }
}

/// <summary>The table <c>check_metrics</c>, as the projection reads and writes it.</summary>
internal static class CheckMetricsTable
{
    private const string Keys = "account_id, check_id, span, starts_at, location, outcome, cause";
    private const string Figures = "runs, sum, sum_of_squares, shortest, longest, histogram";

    private const string LoadSql = $"""
        select {Keys}, {Figures} from unnest($1, $2, $3, $4, $5, $6, $7) as k({Keys}) join check_metrics m using ({Keys})
        """;

    private const string UpsertSql = $"""
        insert into check_metrics ({Keys}, {Figures})
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        on conflict ({Keys}) do update set
          runs = excluded.runs, sum = excluded.sum, sum_of_squares = excluded.sum_of_squares, shortest = excluded.shortest,
          longest = excluded.longest, histogram = excluded.histogram
        """;

    /// <summary>Adds to each row what is stored for it.</summary>
    public static async Task AddStoredAsync(
        NpgsqlConnection connection, IReadOnlyDictionary<MetricsKey, MetricsRow> rows, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(LoadSql, connection);
        command.Parameters.AddRange(KeysOf([.. rows]));
        await command.PrepareAsync(cancellation);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var key = new MetricsKey(
                reader.GetGuid(0),
                reader.GetGuid(1),
                reader.GetString(4),
                Words<MetricsSpan>.Read(reader.GetString(2)),
                reader.GetFieldValue<DateTimeOffset>(3),
                Words<RunState>.Read(reader.GetString(5)),
                CauseOf(reader.GetString(6)));
            rows[key].Add(MetricsRow.Stored(reader.GetInt64(7), ReadResponseTimes(reader, 8)));
        }
    }

    public static NpgsqlBatchCommand Upsert(IReadOnlyList<KeyValuePair<MetricsKey, MetricsRow>> rows) => SqlArray.Command(
        UpsertSql,
        [
            .. KeysOf(rows),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.Runs),
            SqlArray.Of(rows, NpgsqlDbType.Numeric, row => row.Value.ResponseTimes.Sum),
            SqlArray.Of(rows, NpgsqlDbType.Numeric, row => row.Value.ResponseTimes.SumOfSquares),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.ResponseTimes.Shortest),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.ResponseTimes.Longest),
            SqlArray.Of(rows, NpgsqlDbType.Bytea, row => row.Value.ResponseTimes.HistogramBytes()),
        ]);

    /// <summary>The word that stands for a cause, or for none.</summary>
    public static CancelCause? CauseOf(string word) => word.Length == 0 ? null : Words<CancelCause>.Read(word);

    /// <summary>Response times from five columns: sum, sum of squares, shortest, longest, histogram.</summary>
    public static ResponseTimes ReadResponseTimes(NpgsqlDataReader reader, int column) => new(
        reader.GetFieldValue<BigInteger>(column),
        reader.GetFieldValue<BigInteger>(column + 1),
        reader.GetFieldValue<long?>(column + 2),
        reader.GetFieldValue<long?>(column + 3),
        reader.GetFieldValue<byte[]>(column + 4));

    private static NpgsqlParameter[] KeysOf(IReadOnlyList<KeyValuePair<MetricsKey, MetricsRow>> rows) =>
    [
        SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.AccountId),
        SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.CheckId),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<MetricsSpan>.Of(row.Key.Span)),
        SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Key.StartsAt),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Key.Location),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<RunState>.Of(row.Key.Outcome)),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Key.Cause is { } cause ? Words<CancelCause>.Of(cause) : ""),
    ];
}

/// <summary>The spans of time that metrics are kept for, in UTC.</summary>
internal enum MetricsSpan
{
    /// <summary>An hour.</summary>
    Hour,

    /// <summary>A day.</summary>
    Day,
}

internal static class MetricsSpans
{
    /// <summary>How long it is.</summary>
    public static TimeSpan Length(this MetricsSpan span) => span is MetricsSpan.Hour ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1);

    /// <summary>The start of the span that a time is in.</summary>
    public static DateTimeOffset StartOf(this MetricsSpan span, DateTimeOffset time)
    {
        var ticks = time.UtcTicks;
        return new DateTimeOffset(ticks - (ticks % span.Length().Ticks), TimeSpan.Zero);
    }

    /// <summary>The first start of a span at or after a time.</summary>
    public static DateTimeOffset StartFrom(this MetricsSpan span, DateTimeOffset time)
    {
        var start = span.StartOf(time);
        return start == time ? start : start + span.Length();
    }
}
