using Ledger.Projections.CheckResults;
using Ledger.Projections.Daemon;
using Npgsql;

namespace Ledger.Projections.Metrics;

/// <summary>
/// How did the runs of each check go? Adds up what the results say (docs/dialects/checkly.md#reports): of each batch by itself, then onto
/// what is stored. Sums do not depend on how the events were cut into batches.
/// </summary>
internal sealed class CheckMetricsProjection() : DerivedProjection(CheckMetricsReader.ProjectionName, 1)
{
    private static readonly MetricsSpan[] Spans = Enum.GetValues<MetricsSpan>();

    /// <summary>The results that the events brought are in their table.</summary>
    public override IReadOnlyList<string> Requires => [CheckResultsReader.ProjectionName];

    internal override async Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, long after, long through, CancellationToken cancellation)
    {
        var rows = Sum(await ResultFacts.ReadAsync(connection, after, through, cancellation));
        if (rows.Count == 0)
        {
            return [];
        }

        await CheckMetricsTable.AddStoredAsync(connection, rows, cancellation);
        return [CheckMetricsTable.Upsert([.. rows])];
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
