using Ledger.Projections.CheckResults;
using Ledger.Projections.Daemon;
using Ledger.Sessions.Events;
using Ledger.Store;
using Npgsql;

namespace Ledger.Projections.CheckStatus;

/// <summary>
/// How does each check stand? Folds the results of settled runs, which <see cref="CheckResultsReader"/>'s projection has found for these
/// events already: an event alone does not say whose run it settles.
/// </summary>
internal sealed class CheckStatusProjection() : Projection(CheckStatusReader.ProjectionName, 1)
{
    /// <summary>The results that the events brought are in their table.</summary>
    public override IReadOnlyList<string> Requires => [CheckResultsReader.ProjectionName];

    internal override async Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<RecordedEvent> events, CancellationToken cancellation)
    {
        var settling = events.Where(recorded => Settles(recorded.Data)).Select(recorded => recorded.Position).ToList();
        if (settling.Count == 0)
        {
            return [];
        }

        var runs = await CheckStatusTable.SettledRunsAsync(connection, settling, cancellation);
        if (runs.Count == 0)
        {
            return [];
        }

        var rows = new Rows<CheckKey, CheckStatusRow>();
        await CheckStatusTable.LoadAsync(connection, [.. runs.Select(run => run.Check).Distinct()], rows, cancellation);
        foreach (var run in runs)
        {
            Apply(run, rows);
        }

        var changed = rows.Added.Concat(rows.Changed).ToList();
        return changed.Count == 0 ? [] : [CheckStatusTable.Upsert(changed)];
    }

    /// <summary>Folds one run. Pure; a run that changes nothing leaves no trace of a change.</summary>
    internal static void Apply(SettledRun run, Rows<CheckKey, CheckStatusRow> rows)
    {
        var before = rows.Find(run.Check);
        if (CheckStatusRow.After(before, run) is { } after && !ReferenceEquals(before, after))
        {
            rows.Set(run.Check, after);
        }
    }

    /// <summary>Aborts and expiries settle runs as cancelled, which changes nothing: there is no need to look at them.</summary>
    private static bool Settles(ISessionEvent data) =>
        data is ResultReported { Settles: true, IsCancelled: false } or RunTimedOut or RunLost;
}
