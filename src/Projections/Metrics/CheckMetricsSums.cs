using System.Globalization;
using System.Numerics;
using Ledger.Sessions;
using Npgsql;

namespace Ledger.Projections.Metrics;

/// <summary>
/// One round trip that adds up runs: rows of days and of hours where a bucket has whole ones, single results at its edges. The database adds
/// what it can, and puts histograms one after the other; what is left is one row for each check, period, bucket and way to end.
/// </summary>
internal sealed class CheckMetricsSums(CheckMetricsQuery query, Cover cover)
{
    // Each check and each period is added up on its own: the planner, who cannot know how short a period is, would read the whole table at once,
    // and sort it on disk.
    private const string RowsSql = """
        select c.id, m.*
        from unnest($4, $5) as p(since, until) cross join unnest($6) as c(id)
        cross join lateral (
          select width_bucket(r.starts_at, $2), case when $3 then r.location end, r.outcome, r.cause, sum(r.runs)::bigint,
            sum(r.sum), sum(r.sum_of_squares), min(r.shortest), max(r.longest), string_agg(r.histogram, ''::bytea)
          from ledger.check_metrics r
          where r.account_id = $1 and r.check_id = c.id and r.span = '{0}' and r.starts_at >= p.since and r.starts_at < p.until
            and r.outcome = any($7)
          group by 1, 2, 3, 4) m
        """;

    // A cancelled run gives no response time, as in the projection.
    private const string ResultsSql = """
        select c.id, m.*
        from unnest($4, $5) as p(since, until) cross join unnest($6) as c(id)
        cross join lateral (
          select width_bucket(r.created_at, $2), case when $3 then r.location end, r.outcome, coalesce(r.cause, ''), count(*),
            array_agg(r.response_time) filter (where r.response_time is not null and not r.is_cancelled)
          from ledger.check_results r
          where r.account_id = $1 and r.check_id = c.id and r.created_at >= p.since and r.created_at < p.until and r.outcome = any($7)
          group by 1, 2, 3, 4) m
        """;

    private readonly Dictionary<(Guid CheckId, int Bucket, string? Location), RunMetrics> sums = [];

    public async Task<IEnumerable<MeasuredRuns>> ReadAsync(NpgsqlDataSource dataSource, CancellationToken cancellation)
    {
        var parts = new List<(NpgsqlBatchCommand Command, Action<RunMetrics, NpgsqlDataReader> Add)>();
        Plan(parts, cover.Days, string.Format(CultureInfo.InvariantCulture, RowsSql, Words<MetricsSpan>.Of(MetricsSpan.Day)), AddRow);
        Plan(parts, cover.Hours, string.Format(CultureInfo.InvariantCulture, RowsSql, Words<MetricsSpan>.Of(MetricsSpan.Hour)), AddRow);
        Plan(parts, cover.Results, ResultsSql, AddResults);
        if (parts.Count == 0)
        {
            return [];
        }

        await using var batch = dataSource.CreateBatch();
        foreach (var (command, _) in parts)
        {
            batch.BatchCommands.Add(command);
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        foreach (var (_, add) in parts)
        {
            while (await reader.ReadAsync(cancellation))
            {
                var outcome = Words<RunState>.Read(reader.GetString(3));
                var metrics = Find(reader);
                metrics.Add(outcome, CheckMetricsTable.CauseOf(reader.GetString(4)), reader.GetInt64(5));
                add(metrics, reader);
            }

            await reader.NextResultAsync(cancellation);
        }

        return sums
            .OrderBy(sum => sum.Key.CheckId).ThenBy(sum => sum.Key.Bucket).ThenBy(sum => sum.Key.Location, StringComparer.Ordinal)
            .Select(sum => new MeasuredRuns(sum.Key.CheckId, sum.Key.Bucket, sum.Key.Location, sum.Value));
    }

    private void Plan(
        List<(NpgsqlBatchCommand Command, Action<RunMetrics, NpgsqlDataReader> Add)> parts,
        IReadOnlyList<Period> periods,
        string sql,
        Action<RunMetrics, NpgsqlDataReader> add)
    {
        if (periods.Count == 0)
        {
            return;
        }

        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = query.AccountId });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. query.Bounds] });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = query.ByLocation });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. periods.Select(period => period.From)] });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. periods.Select(period => period.To)] });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. query.CheckIds] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. query.Outcomes.Select(Words<RunState>.Of)] });
        parts.Add((command, add));
    }

    private RunMetrics Find(NpgsqlDataReader reader)
    {
        var key = (reader.GetGuid(0), reader.GetInt32(1) - 1, reader.IsDBNull(2) ? null : reader.GetString(2));
        if (!sums.TryGetValue(key, out var metrics))
        {
            sums.Add(key, metrics = new RunMetrics());
        }

        return metrics;
    }

    private static void AddRow(RunMetrics metrics, NpgsqlDataReader reader) => metrics.ResponseTimes.Add(
        reader.GetFieldValue<BigInteger>(6),
        reader.GetFieldValue<BigInteger>(7),
        reader.GetFieldValue<long?>(8),
        reader.GetFieldValue<long?>(9),
        reader.GetFieldValue<byte[]>(10));

    private static void AddResults(RunMetrics metrics, NpgsqlDataReader reader)
    {
        foreach (var milliseconds in reader.IsDBNull(6) ? [] : reader.GetFieldValue<long[]>(6))
        {
            metrics.ResponseTimes.Add(milliseconds);
        }
    }
}
