using System.Runtime.CompilerServices;
using Ledger.Projections.Daemon;
using Ledger.Sessions;
using Npgsql;

namespace Ledger.Projections.Metrics;

/// <summary>Answers: how did the runs of each check go?</summary>
/// <param name="dataSource">The database.</param>
public sealed class CheckMetricsReader(NpgsqlDataSource dataSource)
{
    /// <summary>What to wait for before a read that must see a write (<see cref="ProjectionDaemon.WaitForAsync"/>).</summary>
    public const string ProjectionName = "check_metrics";

    /// <summary>How many checks and buckets are in memory at once.</summary>
    private const int MostAtOnce = 2_000;

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

    /// <summary>The projection that keeps the rows; it needs that of the results beside it.</summary>
    public static Projection CreateProjection() => new CheckMetricsProjection();

    /// <summary>Adds up the runs of checks. The buckets of one check come one after the other, in order.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async IAsyncEnumerable<MeasuredRuns> ReadAsync(
        CheckMetricsQuery query, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var cover = Cover.Of(query.Bounds);
        foreach (var checkIds in query.CheckIds.Chunk(Math.Max(1, MostAtOnce / query.Bounds.Count)))
        {
            var sums = new CheckMetricsSums(query with { CheckIds = checkIds }, cover);
            foreach (var measured in await sums.ReadAsync(dataSource, cancellation))
            {
                yield return measured;
            }
        }
    }

    /// <summary>Checks of which a run was settled on the days of a time range, in the order of their ids.</summary>
    /// <param name="accountId">The tenant.</param>
    /// <param name="from">The first day has this time.</param>
    /// <param name="to">The last day has the time before this.</param>
    /// <param name="after">Only checks after this one; the nil uuid for all.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellation">Ends the query.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<Guid>> ListChecksAsync(
        Guid accountId, DateTimeOffset from, DateTimeOffset to, Guid after, int limit, CancellationToken cancellation = default)
    {
        await using var command = dataSource.CreateCommand(ListSql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = accountId });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = after });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = MetricsSpan.Day.StartOf(from) });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = to });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<Guid>();
        while (await reader.ReadAsync(cancellation))
        {
            found.Add(reader.GetGuid(0));
        }

        return found;
    }

    /// <summary>The counted runs of one check one by one, in the order in which they were settled.</summary>
    /// <param name="accountId">The tenant.</param>
    /// <param name="checkId">The check.</param>
    /// <param name="from">Settled at or after this time,</param>
    /// <param name="to">and before this one.</param>
    /// <param name="outcomes">Only runs that ended in one of these ways.</param>
    /// <param name="offset">How many to pass over.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellation">Ends the query.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<MeasuredRun>> ListRunsAsync(
        Guid accountId,
        Guid checkId,
        DateTimeOffset from,
        DateTimeOffset to,
        IReadOnlyCollection<RunState> outcomes,
        long offset,
        int limit,
        CancellationToken cancellation = default)
    {
        await using var command = dataSource.CreateCommand(RunsSql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = accountId });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = checkId });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = from });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = to });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. outcomes.Select(Words<RunState>.Of)] });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = offset });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<MeasuredRun>();
        while (await reader.ReadAsync(cancellation))
        {
            found.Add(new MeasuredRun(
                reader.GetString(0), reader.GetFieldValue<DateTimeOffset?>(1), reader.GetFieldValue<long?>(2), reader.GetInt32(3)));
        }

        return found;
    }
}

/// <summary>One counted run.</summary>
/// <param name="Location">Where it ran.</param>
/// <param name="StartedAt">When execution began; null for a run that never started.</param>
/// <param name="ResponseTime">In milliseconds; null for a run that never started.</param>
/// <param name="Attempt">Which try its result is of, from 1.</param>
public sealed record MeasuredRun(string Location, DateTimeOffset? StartedAt, long? ResponseTime, int Attempt);
