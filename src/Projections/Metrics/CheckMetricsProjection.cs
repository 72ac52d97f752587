using System.Numerics;
using Ledger.Projections.CheckResults;

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
        return [CheckMetricsTable.Table.Upsert([.. rows])];
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

    public void Add(MetricsRow other)
    {
        Runs += other.Runs;
        ResponseTimes.Add(other.ResponseTimes);
    }
}

/// <summary>The table <c>check_metrics</c>, as the projection reads and writes it.</summary>
internal static class CheckMetricsTable
{
    private static readonly Table<MetricsKey> Keys = new Table<MetricsKey>("check_metrics")
        .Key("account_id", key => key.AccountId)
        .Key("check_id", key => key.CheckId)
        .Key("span", key => Words<MetricsSpan>.Of(key.Span))
        .Key("starts_at", key => key.StartsAt)
        .Key("location", key => key.Location)
        .Key("outcome", key => Words<RunState>.Of(key.Outcome))
        .Key("cause", key => Words<CancelCause>.OrNull(key.Cause) ?? "");

    public static readonly Table<KeyValuePair<MetricsKey, MetricsRow>> Table = new Table<KeyValuePair<MetricsKey, MetricsRow>>("check_metrics")
        .Keys(Keys, row => row.Key)
        .Set("runs", row => row.Value.Runs)
        .Set("sum", row => row.Value.ResponseTimes.Sum)
        .Set("sum_of_squares", row => row.Value.ResponseTimes.SumOfSquares)
        .Set("shortest", row => row.Value.ResponseTimes.Shortest)
        .Set("longest", row => row.Value.ResponseTimes.Longest)
        .Set("histogram", row => row.Value.ResponseTimes.HistogramBytes());

    public static async Task AddStoredAsync(
        NpgsqlConnection connection, IReadOnlyDictionary<MetricsKey, MetricsRow> rows, CancellationToken cancellation)
    {
        var stored = await Keys.LoadAsync(
            connection,
            [.. rows.Keys],
            "account_id, check_id, location, span, starts_at, outcome, cause, runs, sum, sum_of_squares, shortest, longest, histogram",
            row => (
                Key: new MetricsKey(
                    row.GetGuid(0),
                    row.GetGuid(1),
                    row.GetString(2),
                    Words<MetricsSpan>.Read(row.GetString(3)),
                    row.GetFieldValue<DateTimeOffset>(4),
                    Words<RunState>.Read(row.GetString(5)),
                    CauseOf(row.GetString(6))),
                Row: MetricsRow.Stored(row.GetInt64(7), ReadResponseTimes(row, 8))),
            cancellation);
        stored.ForEach(found => rows[found.Key].Add(found.Row));
    }

    /// <summary>The cause that a word stands for; null for the empty one.</summary>
    public static CancelCause? CauseOf(string word) => word.Length == 0 ? null : Words<CancelCause>.Read(word);

    /// <summary>Response times from five columns: sum, sum of squares, shortest, longest, histogram.</summary>
    public static ResponseTimes ReadResponseTimes(NpgsqlDataReader reader, int column) => new(
        reader.GetFieldValue<BigInteger>(column),
        reader.GetFieldValue<BigInteger>(column + 1),
        reader.GetFieldValue<long?>(column + 2),
        reader.GetFieldValue<long?>(column + 3),
        reader.GetFieldValue<byte[]>(column + 4));
}

/// <summary>The spans of time that metrics are kept for, in UTC.</summary>
internal enum MetricsSpan
{
    Hour,

    Day,
}

internal static class MetricsSpans
{
    public static TimeSpan Length(this MetricsSpan span) => span is MetricsSpan.Hour ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1);

    public static DateTimeOffset StartOf(this MetricsSpan span, DateTimeOffset time)
    {
        var ticks = time.UtcTicks;
        return new DateTimeOffset(ticks - (ticks % span.Length().Ticks), TimeSpan.Zero);
    }

    public static DateTimeOffset StartFrom(this MetricsSpan span, DateTimeOffset time)
    {
        var start = span.StartOf(time);
        return start == time || start > DateTimeOffset.MaxValue - span.Length() ? time : start + span.Length();
    }
}
