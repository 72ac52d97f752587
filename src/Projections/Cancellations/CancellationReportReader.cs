using System.Data;
using Ledger.Sessions;
using Npgsql;

namespace Ledger.Projections.Cancellations;

/// <summary>
/// Answers: how many cancels were there, how did they end, how long did they take, what did they save? Exactly for any range, at a cost
/// that grows with its days and not with its cancels: see <see cref="ReportSpans"/>. What is pending is few, and counted as it stands.
/// </summary>
/// <param name="dataSource">The database.</param>
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
        Guid accountId, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellation = default) =>
        (await ReadAsync(accountId, [from ?? DateTimeOffset.UnixEpoch, to ?? Grains.Floor(Grain.Day, DateTimeOffset.MaxValue)], cancellation))[0];

    /// <summary>The reports on several ranges of time that follow each other, all of one moment.</summary>
    /// <param name="accountId">The tenant.</param>
    /// <param name="bounds">Where each range begins, and the end of the last one.</param>
    /// <param name="cancellation">Ends the read.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<CancellationReport>> ReadAsync(
        Guid accountId, IReadOnlyList<DateTimeOffset> bounds, CancellationToken cancellation = default)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        var reports = new List<CancellationReport>();
        foreach (var (from, to) in bounds.Zip(bounds.Skip(1)))
        {
            reports.Add(await ReadAsync(connection, accountId, new TimeRange(from.ToUniversalTime(), to.ToUniversalTime()), cancellation));
        }

        return reports;
    }

    private static async Task<CancellationReport> ReadAsync(
        NpgsqlConnection connection, Guid accountId, TimeRange range, CancellationToken cancellation)
    {
        var spans = ReportSpans.Of(range);
        await using var batch = new NpgsqlBatch(connection);
        Add(spans.Sums.Select(sum => Of(CountsSql, accountId, sum.Range, sum.Grain)));
        Add(spans.Edges.Select(edge => Of(EdgeRequestsSql, accountId, edge)));
        Add([Of(PendingSql, accountId, range)]);
        Add(spans.Sums.Select(sum => Of(SpansSql, accountId, sum.Range, sum.Grain)));
        Add(spans.Edges.Select(edge => Of(EdgeRunsSql, accountId, edge)));

        var report = new CancellationReport(new CancelTally<CancelOutcome>(), new CancelTally<CancelRunOutcome>(), new SpanMetrics());
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await ReadAsync(reader, spans.Sums.Count + spans.Edges.Count + 1, row => ReadCount(row, report), cancellation);
        await ReadAsync(reader, spans.Sums.Count, row => report.Metrics.Add(CancelSpansTable.Read(row, 0)), cancellation);
        await ReadAsync(reader, spans.Edges.Count, row => ReadRun(row, report), cancellation);
        return report;

        void Add(IEnumerable<NpgsqlBatchCommand> commands)
        {
            foreach (var command in commands)
            {
                batch.BatchCommands.Add(command);
            }
        }
    }

    /// <summary>Reads the answers of so many statements.</summary>
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

    private static NpgsqlBatchCommand Of(string sql, Guid accountId, TimeRange range, Grain? grain = null)
    {
        var command = new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid> { TypedValue = accountId },
                new NpgsqlParameter<DateTimeOffset> { TypedValue = range.From },
                new NpgsqlParameter<DateTimeOffset> { TypedValue = range.To },
            },
        };
        if (grain is { } length)
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Words<Grain>.Of(length) });
        }

        return command;
    }
}
