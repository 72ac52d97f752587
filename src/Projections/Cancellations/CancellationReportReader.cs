using System.Data;
using Ledger.Projections.Daemon;
using Ledger.Sessions;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.Cancellations;

/// <summary>
/// Answers: how many cancels were there, how did they end, how long did they take, what did they save? Exactly for any range, at a cost
/// that grows with its days and not with its cancels: see <see cref="ReportSpans"/>. What is pending is few, and counted as it stands.
/// </summary>
/// <param name="dataSource">The database.</param>
public sealed class CancellationReportReader(NpgsqlDataSource dataSource)
{
    private const string CountsSql = """
        select c.subject, c.cause, c.via, c.outcome, sum(c.count)::bigint
        from unnest($2, $3, $4) as s(grain, since, before)
        join ledger.cancel_counts c on c.account_id = $1 and c.grain = s.grain and c.start >= s.since and c.start < s.before
        group by c.subject, c.cause, c.via, c.outcome
        """;

    private const string SpansSql = $"""
        select {CancelSpansTable.Columns}
        from unnest($2, $3, $4) as s(grain, since, before)
        join ledger.cancel_spans c on c.account_id = $1 and c.grain = s.grain and c.start >= s.since and c.start < s.before
        """;

    private const string EdgeRequestsSql = """
        select 'request', c.cause, c.via, c.outcome, count(*)
        from unnest($2, $3) as s(since, before)
        join ledger.cancels c on c.account_id = $1 and c.requested_at >= s.since and c.requested_at < s.before
        where c.outcome <> 'pending'
        group by c.cause, c.via, c.outcome
        """;

    private const string EdgeRunsSql = """
        select c.cause, c.via, r.outcome, c.requested_at, r.delivered_at, r.acknowledged_at, r.stopped_at, r.settled_at, r.freed_ms
        from unnest($2, $3) as s(since, before)
        join ledger.cancels c on c.account_id = $1 and c.requested_at >= s.since and c.requested_at < s.before
        join ledger.cancel_runs r on r.cancel_position = c.position
        where r.settled_at is not null
        """;

    // The runs of pending requests that are settled are in the sums, or at the edges, already.
    private const string PendingSql = """
        with pending as (
          select position, cause, via from ledger.cancels
          where account_id = $1 and outcome = 'pending' and requested_at >= $2 and requested_at < $3)
        select 'request', cause, via, 'pending', count(*) from pending group by cause, via
        union all
        select 'run', p.cause, p.via, 'pending', count(*)
        from pending p join ledger.cancel_runs r on r.cancel_position = p.position
        where r.settled_at is null group by p.cause, p.via
        """;

    /// <summary>The report on what was asked for in a range of time.</summary>
    /// <param name="accountId">The tenant.</param>
    /// <param name="from">From this time on; null for all before.</param>
    /// <param name="to">Until before this time; null for all after.</param>
    /// <param name="cancellation">Ends the read.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<CancellationReport> ReadAsync(
        Guid accountId, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellation = default)
    {
        var range = new TimeRange(
            from?.ToUniversalTime() ?? DateTimeOffset.UnixEpoch, to?.ToUniversalTime() ?? Grains.Floor(Grain.Day, DateTimeOffset.MaxValue));
        var spans = ReportSpans.Of(range);
        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                SqlArray.Command(CountsSql, Sums(accountId, spans)),
                SqlArray.Command(EdgeRequestsSql, Edges(accountId, spans)),
                SqlArray.Command(PendingSql, [Of(accountId), Of(range.From), Of(range.To)]),
                SqlArray.Command(SpansSql, Sums(accountId, spans)),
                SqlArray.Command(EdgeRunsSql, Edges(accountId, spans)),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var report = new CancellationReport(new CancelTally<CancelOutcome>(), new CancelTally<CancelRunOutcome>(), new SpanMetrics());
        await ReadAsync(reader, ReadCount, report, cancellation);
        await ReadAsync(reader, ReadCount, report, cancellation);
        await ReadAsync(reader, ReadCount, report, cancellation);
        await ReadAsync(reader, (row, into) => into.Metrics.Add(CancelSpansTable.Read(row, 0)), report, cancellation);
        await ReadAsync(reader, ReadRun, report, cancellation);
        return report;
    }

    private static async Task ReadAsync(
        NpgsqlDataReader reader, Action<NpgsqlDataReader, CancellationReport> read, CancellationReport report, CancellationToken cancellation)
    {
        while (await reader.ReadAsync(cancellation))
        {
            read(reader, report);
        }

        await reader.NextResultAsync(cancellation);
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
            new SettledFacts(
                row.GetFieldValue<DateTimeOffset>(3),
                row.GetFieldValue<DateTimeOffset?>(4),
                row.GetFieldValue<DateTimeOffset?>(5),
                row.GetFieldValue<DateTimeOffset?>(6),
                row.GetFieldValue<DateTimeOffset>(7),
                outcome,
                row.GetFieldValue<long?>(8)));
    }

    private static NpgsqlParameter[] Sums(Guid accountId, ReportSpans spans) =>
    [
        Of(accountId),
        SqlArray.Of(spans.Sums, NpgsqlDbType.Text, sum => Words<Grain>.Of(sum.Grain)),
        .. Ranges([.. spans.Sums.Select(sum => sum.Range)]),
    ];

    private static NpgsqlParameter[] Edges(Guid accountId, ReportSpans spans) => [Of(accountId), .. Ranges(spans.Edges)];

    private static NpgsqlParameter[] Ranges(IReadOnlyList<TimeRange> ranges) =>
    [
        SqlArray.Of(ranges, NpgsqlDbType.TimestampTz, range => range.From),
        SqlArray.Of(ranges, NpgsqlDbType.TimestampTz, range => range.To),
    ];

    private static NpgsqlParameter Of<T>(T value) => new NpgsqlParameter<T> { TypedValue = value };
}
