using Ledger.Projections.CheckResults;
using Ledger.Projections.Daemon;
using Npgsql;

namespace Ledger.Projections.CheckStatus;

/// <summary>How does each check stand? Folds the results that settled a run of a check (docs/dialects/checkly.md#check-statuses).</summary>
internal sealed class CheckStatusProjection() : DerivedProjection(CheckStatusReader.ProjectionName, 1)
{
    /// <summary>The results that the events brought are in their table.</summary>
    public override IReadOnlyList<string> Requires => [CheckResultsReader.ProjectionName];

    internal override async Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, long after, long through, CancellationToken cancellation)
    {
        var results = (await ResultFacts.ReadAsync(connection, after, through, cancellation)).Where(Counts).ToList();
        if (results.Count == 0)
        {
            return [];
        }

        var rows = new Rows<CheckKey, CheckStatusRow>();
        await CheckStatusTable.LoadAsync(connection, [.. results.Select(CheckKey.Of).Distinct()], rows, cancellation);
        foreach (var result in results)
        {
            Apply(result, rows);
        }

        return [CheckStatusTable.Upsert([.. rows.Added, .. rows.Changed])];
    }

    /// <summary>Folds one result. Pure; one that changes nothing leaves no trace of a change.</summary>
    internal static void Apply(ResultFact result, Rows<CheckKey, CheckStatusRow> rows)
    {
        if (Counts(result))
        {
            var key = CheckKey.Of(result);
            rows.Set(key, CheckStatusRow.After(rows.Find(key), result));
        }
    }

    /// <summary>A cancelled run leaves the status as it is, or absent, in every part: it is silent (docs/domain.md#rule-7).</summary>
    private static bool Counts(ResultFact result) => result is { IsFinal: true, HasCheck: true, IsCancelled: false };
}
