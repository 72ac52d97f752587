using Ledger.Projections.Daemon;
using Ledger.Projections.Metrics;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.Cancellations;

/// <summary>The table <c>cancel_spans</c>, as the projection reads and writes it.</summary>
internal static class CancelSpansTable
{
    /// <summary>The metrics of a span, in the order in which <see cref="Read"/> reads them.</summary>
    public const string Columns = """
        requested_to_delivered, requested_to_delivered_max, delivered_to_acknowledged, delivered_to_acknowledged_max,
        acknowledged_to_stopped, acknowledged_to_stopped_max, requested_to_settled, requested_to_settled_max,
        freed_ms, freed_runs, unknown_runs
        """;

    private const string LoadSql = $"""
        select account_id, grain, start, {Columns}
        from unnest($1, $2, $3) as k(account_id, grain, start) join cancel_spans s using (account_id, grain, start)
        """;

    private const string UpsertSql = $"""
        insert into cancel_spans (account_id, grain, start, {Columns})
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        on conflict (account_id, grain, start) do update set
          requested_to_delivered = excluded.requested_to_delivered, requested_to_delivered_max = excluded.requested_to_delivered_max,
          delivered_to_acknowledged = excluded.delivered_to_acknowledged,
          delivered_to_acknowledged_max = excluded.delivered_to_acknowledged_max,
          acknowledged_to_stopped = excluded.acknowledged_to_stopped, acknowledged_to_stopped_max = excluded.acknowledged_to_stopped_max,
          requested_to_settled = excluded.requested_to_settled, requested_to_settled_max = excluded.requested_to_settled_max,
          freed_ms = excluded.freed_ms, freed_runs = excluded.freed_runs, unknown_runs = excluded.unknown_runs
        """;

    /// <summary>Adds what is stored of these spans to what is new.</summary>
    public static async Task MergeAsync(
        NpgsqlConnection connection, Dictionary<SpanKey, SpanMetrics> spans, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(LoadSql, connection);
        command.Parameters.AddRange(Keys([.. spans.Keys]));
        await command.PrepareAsync(cancellation);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var key = new SpanKey(reader.GetGuid(0), Words<Grain>.Read(reader.GetString(1)), reader.GetFieldValue<DateTimeOffset>(2));
            spans[key].Add(Read(reader, 3));
        }
    }

    public static NpgsqlBatchCommand Upsert(IReadOnlyList<KeyValuePair<SpanKey, SpanMetrics>> spans) => SqlArray.Command(
        UpsertSql,
        [
            .. Keys([.. spans.Select(span => span.Key)]),
            .. LatencyColumns(spans, span => span.RequestedToDelivered),
            .. LatencyColumns(spans, span => span.DeliveredToAcknowledged),
            .. LatencyColumns(spans, span => span.AcknowledgedToStopped),
            .. LatencyColumns(spans, span => span.RequestedToSettled),
            SqlArray.Of(spans, NpgsqlDbType.Numeric, span => span.Value.FreedMs),
            SqlArray.Of(spans, NpgsqlDbType.Bigint, span => span.Value.FreedRuns),
            SqlArray.Of(spans, NpgsqlDbType.Bigint, span => span.Value.UnknownRuns),
        ]);

    /// <summary>Reads <see cref="Columns"/>, which begin at a column.</summary>
    public static SpanMetrics Read(NpgsqlDataReader row, int first) => new()
    {
        RequestedToDelivered = ReadLatency(row, first),
        DeliveredToAcknowledged = ReadLatency(row, first + 2),
        AcknowledgedToStopped = ReadLatency(row, first + 4),
        RequestedToSettled = ReadLatency(row, first + 6),
        FreedMs = row.GetDecimal(first + 8),
        FreedRuns = row.GetInt64(first + 9),
        UnknownRuns = row.GetInt64(first + 10),
    };

    private static Latency ReadLatency(NpgsqlDataReader row, int first) =>
        new(Histogram.FromBytes(row.GetFieldValue<byte[]>(first)), row.GetFieldValue<long?>(first + 1));

    private static NpgsqlParameter[] LatencyColumns(IReadOnlyList<KeyValuePair<SpanKey, SpanMetrics>> spans, Func<SpanMetrics, Latency> latency) =>
    [
        SqlArray.Of(spans, NpgsqlDbType.Bytea, span => latency(span.Value).Bytes),
        SqlArray.Of(spans, NpgsqlDbType.Bigint, span => latency(span.Value).Max),
    ];

    private static NpgsqlParameter[] Keys(IReadOnlyList<SpanKey> keys) =>
    [
        SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.AccountId),
        SqlArray.Of(keys, NpgsqlDbType.Text, key => Words<Grain>.Of(key.Grain)),
        SqlArray.Of(keys, NpgsqlDbType.TimestampTz, key => key.Start),
    ];
}
