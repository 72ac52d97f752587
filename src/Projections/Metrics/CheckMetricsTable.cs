using System.Numerics;
using Ledger.Projections.Daemon;
using Ledger.Sessions;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.Metrics;

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
