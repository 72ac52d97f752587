using System.Data;
using Ledger.Projections.Metrics;

namespace Ledger.Projections.Cancellations;

/// <summary>
/// Answers: how many cancels were there, how did they end, how long did they take, what did they save? Exactly for any range, at a cost
/// that grows with its days and not with its cancels: see <see cref="Cover"/>. What is pending is few, and counted as it stands.
/// </summary>
public sealed class CancellationReportReader(NpgsqlDataSource dataSource)
{
    // Each range is a statement of its own, so that the database knows how little of the rows is at the edges.
    private const string CountsSql = """
        select subject, cause, via, outcome, sum(count)::bigint from ledger.cancel_counts
        where account_id = $1 and start >= $2 and start < $3 and grain = $4
        group by subject, cause, via, outcome
        """;

    private const string SpansSql = $"""
        select {CancelSpansTable.Columns} from ledger.cancel_spans where account_id = $1 and start >= $2 and start < $3 and grain = $4
        """;

    private const string EdgeRequestsSql = """
        select 'request', cause, via, outcome, count(*) from ledger.cancels
        where account_id = $1 and requested_at >= $2 and requested_at < $3 and outcome <> 'pending'
        group by cause, via, outcome
        """;

    private const string EdgeRunsSql = """
        select c.cause, c.via, r.outcome, c.requested_at, r.delivered_at, r.acknowledged_at, r.stopped_at, r.settled_at, r.freed_ms
        from ledger.cancels c join ledger.cancel_runs r on r.cancel_position = c.position
        where c.account_id = $1 and c.requested_at >= $2 and c.requested_at < $3 and r.settled_at is not null
        """;

    // By the runs that are not settled, which are few, whatever is asked for; those of pending requests that are settled are in the sums already.
    private const string PendingSql = """
        with pending as (
          select c.cause, c.via, count(*) as runs from ledger.cancel_runs r join ledger.cancels c on c.position = r.cancel_position
          where r.settled_at is null and c.account_id = $1 and c.requested_at >= $2 and c.requested_at < $3 group by c.position)
        select 'request', cause, via, 'pending', count(*) from pending group by cause, via
        union all
        select 'run', cause, via, 'pending', sum(runs)::bigint from pending group by cause, via
        """;

    /// <summary>The report on what was asked for in a range of time.</summary>
    /// <param name="accountId">The tenant.</param>
    /// <param name="from">From this time on; null for all before.</param>
    /// <param name="to">Until before this time; null for all after.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<CancellationReport> ReadAsync(
        Guid accountId, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellation = default) =>
        (await ReadAsync(accountId, [from ?? DateTimeOffset.UnixEpoch, to ?? CheckMetricsQuery.Unbounded], cancellation))[0];

    /// <summary>The reports on several ranges of time that follow each other, all of one moment.</summary>
    /// <param name="accountId">The tenant.</param>
    /// <param name="bounds">Where each range begins, and the end of the last one.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<CancellationReport>> ReadAsync(
        Guid accountId, IReadOnlyList<DateTimeOffset> bounds, CancellationToken cancellation = default)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        var reports = new List<CancellationReport>();
        foreach (var (from, to) in bounds.Zip(bounds.Skip(1)))
        {
            reports.Add(await ReadAsync(connection, accountId, new Period(from.ToUniversalTime(), to.ToUniversalTime()), cancellation));
        }

        return reports;
    }

    private static async Task<CancellationReport> ReadAsync(
        NpgsqlConnection connection, Guid accountId, Period range, CancellationToken cancellation)
    {
        var cover = Cover.Of([range.From, range.To]);
        var sums = cover.Days.Select(days => (Period: days, Span: MetricsSpan.Day))
            .Concat(cover.Hours.Select(hours => (Period: hours, Span: MetricsSpan.Hour))).ToList();
        await using var batch = new NpgsqlBatch(connection);
        Add(sums.Select(sum => Of(CountsSql, accountId, sum.Period, sum.Span)));
        Add(cover.Results.Select(edge => Of(EdgeRequestsSql, accountId, edge)));
        Add([Of(PendingSql, accountId, range)]);
        Add(sums.Select(sum => Of(SpansSql, accountId, sum.Period, sum.Span)));
        Add(cover.Results.Select(edge => Of(EdgeRunsSql, accountId, edge)));

        var report = new CancellationReport(new CancelTally<CancelOutcome>(), new CancelTally<CancelRunOutcome>(), new SpanMetrics());
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await ReadAsync(reader, sums.Count + cover.Results.Count + 1, row => ReadCount(row, report), cancellation);
        await ReadAsync(reader, sums.Count, row => report.Metrics.Add(CancelSpansTable.Read(row, 0)), cancellation);
        await ReadAsync(reader, cover.Results.Count, row => ReadRun(row, report), cancellation);
        return report;

        void Add(IEnumerable<NpgsqlBatchCommand> commands)
        {
            foreach (var command in commands)
            {
                batch.BatchCommands.Add(command);
            }
        }
    }

    private static async Task ReadAsync(
        NpgsqlDataReader reader, int statements, Action<NpgsqlDataReader> read, CancellationToken cancellation)
    {
        for (; statements > 0; statements--)
        {
            while (await reader.ReadAsync(cancellation))
            {
                read(reader);
            }

            await reader.NextResultAsync(cancellation);
        }
    }

    private static void ReadCount(NpgsqlDataReader row, CancellationReport report)
    {
        var cause = Words<CancelCause>.Read(row.GetString(1));
        var via = Words<CancelVia>.Read(row.GetString(2));
        if (Words<CountSubject>.Read(row.GetString(0)) is CountSubject.Request)
        {
            report.Requests.Add(cause, via, Words<CancelOutcome>.Read(row.GetString(3)), row.GetInt64(4));
        }
        else
        {
            report.Runs.Add(cause, via, Words<CancelRunOutcome>.Read(row.GetString(3)), row.GetInt64(4));
        }
    }

    private static void ReadRun(NpgsqlDataReader row, CancellationReport report)
    {
        var outcome = Words<CancelRunOutcome>.Read(row.GetString(2));
        report.Runs.Add(Words<CancelCause>.Read(row.GetString(0)), Words<CancelVia>.Read(row.GetString(1)), outcome, 1);
        report.Metrics.Add(
            row.GetFieldValue<DateTimeOffset>(3),
            row.GetFieldValue<DateTimeOffset?>(4),
            row.GetFieldValue<DateTimeOffset?>(5),
            row.GetFieldValue<DateTimeOffset?>(6),
            row.GetFieldValue<DateTimeOffset>(7),
            outcome,
            row.GetFieldValue<long?>(8));
    }

    private static NpgsqlBatchCommand Of(string sql, Guid accountId, Period range, MetricsSpan? span = null) =>
        Sql.Of(sql, [accountId, range.From, range.To, .. span is { } length ? (object[])[Words<MetricsSpan>.Of(length)] : []]);
}

/// <summary>How many requests to cancel there were, how they ended, how long they took and what they saved.</summary>
/// <param name="Requests">The requests, those included that are pending or were refused.</param>
/// <param name="Runs">The runs that they targeted.</param>
/// <param name="Metrics">Of the targeted runs that are settled: their latencies, and the runner time that was freed.</param>
public sealed record CancellationReport(
    CancelTally<CancelOutcome> Requests, CancelTally<CancelRunOutcome> Runs, SpanMetrics Metrics);

/// <summary>How many there were, by what they have in common. The sum over each dictionary is the total.</summary>
/// <typeparam name="TOutcome">The words of the outcomes.</typeparam>
public sealed class CancelTally<TOutcome>
    where TOutcome : struct, Enum
{
    private readonly Dictionary<CancelCause, long> byCause = Zeros<CancelCause>();
    private readonly Dictionary<CancelVia, long> byVia = Zeros<CancelVia>();
    private readonly Dictionary<TOutcome, long> byOutcome = Zeros<TOutcome>();

    /// <summary>All of them.</summary>
    public long Total { get; private set; }

    /// <summary>By cause; every cause is there.</summary>
    public IReadOnlyDictionary<CancelCause, long> ByCause => byCause;

    /// <summary>By interface; every one is there.</summary>
    public IReadOnlyDictionary<CancelVia, long> ByVia => byVia;

    /// <summary>By outcome; every one is there.</summary>
    public IReadOnlyDictionary<TOutcome, long> ByOutcome => byOutcome;

    internal void Add(CancelCause cause, CancelVia via, TOutcome outcome, long count)
    {
        Total += count;
        byCause[cause] += count;
        byVia[via] += count;
        byOutcome[outcome] += count;
    }

    private static Dictionary<T, long> Zeros<T>()
        where T : struct, Enum => Enum.GetValues<T>().ToDictionary(value => value, _ => 0L);
}

/// <summary>How long cancels took, and what they saved.</summary>
public sealed class SpanMetrics
{
    /// <summary>From the request to the signal at the runner.</summary>
    public Latency RequestedToDelivered { get; internal init; } = new();

    /// <summary>From the signal to the runner's confirmation.</summary>
    public Latency DeliveredToAcknowledged { get; internal init; } = new();

    /// <summary>From the confirmation to the proven end of the execution.</summary>
    public Latency AcknowledgedToStopped { get; internal init; } = new();

    /// <summary>From the request to whatever settled the run.</summary>
    public Latency RequestedToSettled { get; internal init; } = new();

    /// <summary>The runner time that stops saved, in milliseconds, as an estimate.</summary>
    public decimal FreedMs { get; internal set; }

    /// <summary>How many runs it was estimated for.</summary>
    public long FreedRuns { get; internal set; }

    /// <summary>How many runs were settled as cancelled without an estimate: nothing to estimate by, or no proof of the stop.</summary>
    public long UnknownRuns { get; internal set; }

    /// <summary>Takes in what became of a run, all at once, when it is settled.</summary>
    internal void Add(
        DateTimeOffset requestedAt,
        DateTimeOffset? deliveredAt,
        DateTimeOffset? acknowledgedAt,
        DateTimeOffset? stoppedAt,
        DateTimeOffset settledAt,
        CancelRunOutcome outcome,
        long? freedMs)
    {
        RequestedToDelivered.Add(requestedAt, deliveredAt);
        DeliveredToAcknowledged.Add(deliveredAt, acknowledgedAt);
        AcknowledgedToStopped.Add(acknowledgedAt, stoppedAt);
        RequestedToSettled.Add(requestedAt, settledAt);
        if (outcome is CancelRunOutcome.Cancelled && freedMs is { } freed)
        {
            FreedMs += freed;
            FreedRuns++;
        }
        else if (outcome is CancelRunOutcome.Cancelled or CancelRunOutcome.Expired)
        {
            UnknownRuns++;
        }
    }

    internal void Add(SpanMetrics other)
    {
        RequestedToDelivered.Add(other.RequestedToDelivered);
        DeliveredToAcknowledged.Add(other.DeliveredToAcknowledged);
        AcknowledgedToStopped.Add(other.AcknowledgedToStopped);
        RequestedToSettled.Add(other.RequestedToSettled);
        FreedMs += other.FreedMs;
        FreedRuns += other.FreedRuns;
        UnknownRuns += other.UnknownRuns;
    }
}

/// <summary>How long something took, many times over.</summary>
public sealed class Latency
{
    private readonly Histogram histogram;

    /// <summary>Nothing yet.</summary>
    public Latency()
        : this(new Histogram(), null)
    {
    }

    internal Latency(Histogram histogram, long? max)
    {
        this.histogram = histogram;
        Max = max;
    }

    /// <summary>How often it was measured.</summary>
    public long Count => histogram.Count;

    /// <summary>The longest, exactly, in milliseconds; null without data.</summary>
    public long? Max { get; private set; }

    internal byte[] Bytes => histogram.ToBytes();

    /// <summary>
    /// The value of a rank in milliseconds, within <see cref="Histogram.RelativeError"/>, never above the maximum; null without data.
    /// </summary>
    /// <param name="percent">Above 0, at most 100.</param>
    public long? Percentile(double percent) => histogram.Percentile(percent) is { } value ? Math.Min(value, Max!.Value) : null;

    /// <summary>From one fact to a later one, as times are written; never less than nothing, since clocks of several hosts may differ.</summary>
    internal static long Milliseconds(DateTimeOffset from, DateTimeOffset to) =>
        Math.Max(0, to.ToUnixTimeMilliseconds() - from.ToUnixTimeMilliseconds());

    /// <summary>Measures once, if both facts are there.</summary>
    internal void Add(DateTimeOffset? from, DateTimeOffset? to)
    {
        if (from is { } start && to is { } end)
        {
            var milliseconds = Milliseconds(start, end);
            histogram.Add(milliseconds);
            Max = Math.Max(Max ?? 0, milliseconds);
        }
    }

    internal void Add(Latency other)
    {
        histogram.Add(other.histogram);
        Max = ((long?[])[Max, other.Max]).Max();
    }
}
