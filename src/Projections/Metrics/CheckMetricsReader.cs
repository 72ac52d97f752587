using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ledger.Projections.Metrics;

/// <summary>Answers: how did the runs of each check go?</summary>
public sealed class CheckMetricsReader(NpgsqlDataSource dataSource)
{
    /// <summary>
    /// What to wait for before a read that must see a write (<see cref="ReadModelProgress.WaitForAsync"/>), together with
    /// <see cref="CheckResults.CheckResultsReader.ProjectionName"/>: the ends of a range that are no whole hours are read from single results.
    /// </summary>
    public const string ProjectionName = "check_metrics";

    /// <summary>How many queries one report has under way: the database adds up with as many processors.</summary>
    private const int QueriesAtOnce = 4;

    /// <summary>Few enough that a report of a hundred checks is several queries.</summary>
    private const int MostChecksPerQuery = 25;

    /// <summary>Checks times buckets, which a query has in memory.</summary>
    private const int MostSumsPerQuery = 500;

    // A check has a row of a day for each day with a run, so that the days alone tell whether there may be one.
    private const string ListSql = """
        with recursive checks as (
          (select check_id from ledger.check_metrics where account_id = $1 and check_id > $2 order by check_id limit 1)
          union all
          select next.check_id from checks cross join lateral (
            select m.check_id from ledger.check_metrics m where m.account_id = $1 and m.check_id > checks.check_id order by m.check_id limit 1) next
        )
        select check_id from checks where exists (
          select from ledger.check_metrics m
          where m.account_id = $1 and m.check_id = checks.check_id and m.span = 'day' and m.starts_at >= $3 and m.starts_at < $4)
        limit $5
        """;

    private const string RunsSql = """
        select location, started_at, response_time, attempt from ledger.check_results
        where account_id = $1 and check_id = $2 and created_at >= $3 and created_at < $4 and outcome = any($5)
        order by created_at, position offset $6 limit $7
        """;

    /// <summary>Adds up the runs of checks. The buckets of one check come one after the other, in order.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async IAsyncEnumerable<MeasuredRuns> ReadAsync(
        CheckMetricsQuery query, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var cover = Cover.Of(query.Bounds);
        using var checks = query.CheckIds.Chunk(Math.Clamp(MostSumsPerQuery / query.Bounds.Count, 1, MostChecksPerQuery)).GetEnumerator();
        var underWay = new Queue<Task<IEnumerable<MeasuredRuns>>>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            do
            {
                while (underWay.Count < QueriesAtOnce && checks.MoveNext())
                {
                    underWay.Enqueue(new CheckMetricsSums(query with { CheckIds = checks.Current }, cover).ReadAsync(dataSource, stop.Token));
                }

                foreach (var measured in underWay.TryDequeue(out var first) ? await first : [])
                {
                    yield return measured;
                }
            }
            while (underWay.Count > 0);
        }
        finally
        {
            // Nobody reads on, or one has failed: the others are not left behind with their connections.
            await stop.CancelAsync();
            await Task.WhenAll(underWay.AsEnumerable<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Checks of which a run was settled on the days of a time range, in the order of their ids.</summary>
    /// <param name="accountId">The tenant.</param>
    /// <param name="from">The first day has this time.</param>
    /// <param name="to">The last day has the time before this.</param>
    /// <param name="after">Only checks after this one; the nil uuid for all.</param>
    /// <param name="limit">How many at most.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<Guid>> ListChecksAsync(
        Guid accountId, DateTimeOffset from, DateTimeOffset to, Guid after, int limit, CancellationToken cancellation = default) =>
        await dataSource.QueryAsync(ListSql, [accountId, after, MetricsSpan.Day.StartOf(from), to, limit], row => row.GetGuid(0), cancellation);

    /// <summary>The counted runs of one check one by one, in the order in which they were settled.</summary>
    /// <param name="accountId">The tenant.</param>
    /// <param name="checkId">The check.</param>
    /// <param name="from">Settled at or after this time,</param>
    /// <param name="to">and before this one.</param>
    /// <param name="outcomes">Only runs that ended in one of these ways.</param>
    /// <param name="offset">How many to pass over.</param>
    /// <param name="limit">How many at most.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<MeasuredRun>> ListRunsAsync(
        Guid accountId,
        Guid checkId,
        DateTimeOffset from,
        DateTimeOffset to,
        IReadOnlyCollection<RunState> outcomes,
        long offset,
        int limit,
        CancellationToken cancellation = default) => await dataSource.QueryAsync<MeasuredRun>(
        RunsSql, [accountId, checkId, from, to, outcomes.Select(Words<RunState>.Of).ToArray(), offset, limit], cancellation);
}

/// <summary>One counted run.</summary>
/// <param name="Location">Where it ran.</param>
/// <param name="StartedAt">When execution began; null for a run that never started.</param>
/// <param name="ResponseTime">In milliseconds; null for a run that never started.</param>
/// <param name="Attempt">Which try its result is of, from 1.</param>
public sealed record MeasuredRun(string Location, DateTimeOffset? StartedAt, long? ResponseTime, int Attempt);

/// <summary>Which runs to add up, and how to divide them.</summary>
/// <param name="AccountId">The tenant.</param>
/// <param name="CheckIds">The checks, each once.</param>
/// <param name="Bounds">
/// Times in ascending order: from each to the next is a bucket, which has the runs that were settled at or after its start and before its end.
/// Any times will do; what is not a whole UTC hour is added up from the single results.
/// </param>
public sealed record CheckMetricsQuery(Guid AccountId, IReadOnlyCollection<Guid> CheckIds, IReadOnlyList<DateTimeOffset> Bounds)
{
    /// <summary>The bound of a bucket without an end: later than everything.</summary>
    public static readonly DateTimeOffset Unbounded = new(9999, 12, 31, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The ways in which a run ends.</summary>
    public static readonly IReadOnlyList<RunState> AllOutcomes =
        [RunState.Passed, RunState.Failed, RunState.Degraded, RunState.Cancelled, RunState.TimedOut, RunState.Lost];

    /// <summary>Only runs that ended in one of these ways.</summary>
    public IReadOnlyCollection<RunState> Outcomes { get; init; } = AllOutcomes;

    /// <summary>Whether each location is apart.</summary>
    public bool ByLocation { get; init; }
}

/// <summary>The runs of one check in one bucket, and at one location if locations are apart. There is none where there was no run.</summary>
/// <param name="CheckId">The check.</param>
/// <param name="Bucket">The index of the bucket's start among the bounds.</param>
/// <param name="Location">Where they ran; null when locations are not apart.</param>
/// <param name="Metrics">How they went.</param>
public sealed record MeasuredRuns(Guid CheckId, int Bucket, string? Location, RunMetrics Metrics);

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

    private const string ResultsSql = """
        select c.id, m.*
        from unnest($4, $5) as p(since, until) cross join unnest($6) as c(id)
        cross join lateral (
          select width_bucket(r.created_at, $2), case when $3 then r.location end, r.outcome, coalesce(r.cause, ''), count(*),
            array_agg(r.response_time) filter (where r.response_time is not null)
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
                if (outcome.Counts())
                {
                    add(metrics, reader);
                }
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
        if (periods.Count > 0)
        {
            parts.Add((
                Sql.Of(
                    sql,
                    query.AccountId,
                    query.Bounds.ToArray(),
                    query.ByLocation,
                    periods.Select(period => period.From).ToArray(),
                    periods.Select(period => period.To).ToArray(),
                    query.CheckIds.ToArray(),
                    query.Outcomes.Select(Words<RunState>.Of).ToArray()),
                add));
        }
    }

    private RunMetrics Find(NpgsqlDataReader reader)
    {
        var key = (reader.GetGuid(0), reader.GetInt32(1) - 1, reader.GetStringOrNull(2));
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

/// <summary>
/// Where the figures of some buckets stand: whole days and whole hours in rows of their own, the rest in single results. The parts of one kind
/// are in order, and none touches the next: what lies side by side is read at once, whichever buckets it belongs to.
/// </summary>
internal sealed class Cover
{
    private readonly List<Period> days = [];
    private readonly List<Period> hours = [];
    private readonly List<Period> results = [];

    public IReadOnlyList<Period> Days => days;

    public IReadOnlyList<Period> Hours => hours;

    public IReadOnlyList<Period> Results => results;

    public static Cover Of(IReadOnlyList<DateTimeOffset> bounds)
    {
        var cover = new Cover();
        for (var i = 1; i < bounds.Count; i++)
        {
            cover.Add(bounds[i - 1], bounds[i]);
        }

        return cover;
    }

    private void Add(DateTimeOffset from, DateTimeOffset to)
    {
        var (firstHour, lastHour) = (MetricsSpan.Hour.StartFrom(from), MetricsSpan.Hour.StartOf(to));
        if (firstHour >= lastHour)
        {
            Append(results, from, to);
            return;
        }

        Append(results, from, firstHour);
        var (firstDay, lastDay) = (MetricsSpan.Day.StartFrom(firstHour), MetricsSpan.Day.StartOf(lastHour));
        if (firstDay >= lastDay)
        {
            Append(hours, firstHour, lastHour);
        }
        else
        {
            Append(hours, firstHour, firstDay);
            Append(days, firstDay, lastDay);
            Append(hours, lastDay, lastHour);
        }

        Append(results, lastHour, to);
    }

    private static void Append(List<Period> periods, DateTimeOffset from, DateTimeOffset to)
    {
        if (from >= to)
        {
            return;
        }

        if (periods.Count > 0 && periods[^1].To == from)
        {
            periods[^1] = periods[^1] with { To = to };
        }
        else
        {
            periods.Add(new Period(from, to));
        }
    }
}

/// <summary>From one time up to another, without it.</summary>
internal readonly record struct Period(DateTimeOffset From, DateTimeOffset To);
