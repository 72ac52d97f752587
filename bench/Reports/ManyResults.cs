using System.Diagnostics;
using Ledger.Projections.CheckResults;
using Ledger.Projections.Daemon;
using Ledger.Projections.Metrics;
using Ledger.Store.Postgres;
using Npgsql;

namespace Ledger.Bench.Reports;

/// <summary>
/// Results of 100 checks at two locations, spread evenly over 30 days, written straight into the table of the projection that keeps them,
/// whose checkpoint then stands at the head: the projection of the metrics finds them as if they had just been read from events.
/// </summary>
internal static class ManyResults
{
    private const string FillSql = """
        insert into ledger.check_results (position, account_id, check_id, session_id, sequence_id, report_id, result_type, check_type,
          location, name, outcome, has_failures, has_errors, is_degraded, is_cancelled, cancel_id, cause, attempt, started_at, response_time,
          created_at)
        select n, $1, lpad(to_hex(1 + n % 100), 32, '0')::uuid, id, id, id, 'FINAL', 'PLAYWRIGHT',
          case when n / 100 % 2 = 0 then 'eu-central-1' else 'us-east-1' end, 'Suite ' || n % 100, outcome,
          outcome = 'failed', outcome in ('timedOut', 'lost'), outcome = 'degraded', outcome = 'cancelled',
          case when outcome = 'cancelled' then id end, case when outcome = 'cancelled' then 'user' end, 1, at, 200 + (n * 7919) % 60000, at
        from (
          select n, lpad(to_hex(n), 32, '0')::uuid as id, $2 + n * (interval '30 days' / $5) as at,
            case when luck < 900 then 'passed' when luck < 950 then 'failed' when luck < 980 then 'degraded' when luck < 995 then 'cancelled'
              when luck < 999 then 'timedOut' else 'lost' end as outcome
          from (select n, (n * 48271) % 2147483647 % 1000 as luck from generate_series($3, $4) n) l) r
        """;

    private const string CheckpointSql = "insert into ledger.mt_event_progression (name, last_seq_id) values ($2, $1), ('HighWaterMark', $1)";

    private static readonly IReadOnlyList<Guid> Checks = [.. Enumerable.Range(1, 100).Select(number => Guid.Parse($"{number:x32}"))];

    /// <summary>Writes so many, has the metrics catch up, and measures reports.</summary>
    public static async Task RunAsync(BenchDatabase database, long count)
    {
        await SchemaUpgrade.ApplyAsync(database.Source, [typeof(ProjectionDaemon).Assembly], CancellationToken.None);
        var (account, from) = (Guid.CreateVersion7(), new DateTimeOffset(2026, 1, 5, 8, 30, 0, TimeSpan.Zero));
        var clock = Stopwatch.StartNew();
        await FillAsync(database.Source, account, from, count);
        Console.WriteLine($"{count} results written in {clock.Elapsed.TotalSeconds:0} s");
        await database.FollowAsync(count);
        clock.Restart();
        await using (var daemon = new ProjectionDaemon(
            [CheckResultsReader.CreateProjection(), CheckMetricsReader.CreateProjection()], database.Log, subscribe: null, database.Source))
        {
            await daemon.StartAsync();
            if (!await daemon.WaitForAsync(CheckMetricsReader.ProjectionName, count, TimeSpan.FromHours(1)))
            {
                throw new TimeoutException("The metrics do not catch up.");
            }
        }

        Console.WriteLine($"their metrics in {clock.Elapsed.TotalSeconds:0} s");
        await new ReportTimes(database.Source, account, Checks, from.AddDays(30)).MeasureChecksAsync();
    }

    private static async Task FillAsync(NpgsqlDataSource source, Guid account, DateTimeOffset from, long count)
    {
        const long Part = 1_000_000;
        for (var first = 1L; first <= count; first += Part)
        {
            await using var fill = source.CreateCommand(FillSql);
            fill.CommandTimeout = 0;
            fill.Parameters.AddWithValue(account);
            fill.Parameters.AddWithValue(from);
            fill.Parameters.AddWithValue(first);
            fill.Parameters.AddWithValue(Math.Min(count, first + Part - 1));
            fill.Parameters.AddWithValue(count);
            await fill.ExecuteNonQueryAsync();
        }

        await using var sequence = source.CreateCommand("select setval('ledger.mt_events_sequence', $1)");
        sequence.Parameters.AddWithValue(count);
        await sequence.ExecuteNonQueryAsync();
        await using var checkpoint = source.CreateCommand(CheckpointSql);
        checkpoint.Parameters.AddWithValue(count);
        checkpoint.Parameters.AddWithValue(CheckResultsReader.CreateProjection().Checkpoint);
        await checkpoint.ExecuteNonQueryAsync();
        await using var vacuum = source.CreateCommand("vacuum analyze ledger.check_results");
        vacuum.CommandTimeout = 0;
        await vacuum.ExecuteNonQueryAsync();
    }
}
