using Ledger.Projections.CheckResults;

namespace Ledger.Projections.CheckStatus;

/// <summary>How does each check stand? Folds the results that settled a run of a check (docs/dialects/checkly.md#check-statuses).</summary>
internal sealed class CheckStatusProjection() : ResultProjection(CheckStatusReader.ProjectionName)
{
    /// <summary>A cancelled run leaves the status as it is, or absent, in every part.</summary>
    internal override bool Wants(ResultFact result) => Judges(result);

    internal override async Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<ResultFact> results, CancellationToken cancellation)
    {
        var rows = new Rows<CheckKey, CheckStanding>();
        await CheckStatusTable.LoadAsync(connection, [.. results.Select(CheckKey.Of).Distinct()], rows, cancellation);
        foreach (var result in results)
        {
            Apply(result, rows);
        }

        return [CheckStatusTable.Table.Upsert([.. rows.Added, .. rows.Changed])];
    }

    /// <summary>Folds one result. Pure; one that changes nothing leaves no trace of a change.</summary>
    internal static void Apply(ResultFact result, Rows<CheckKey, CheckStanding> rows)
    {
        if (Judges(result))
        {
            var key = CheckKey.Of(result);
            rows.Set(key, CheckStanding.After(rows.Find(key), result));
        }
    }

    private static bool Judges(ResultFact result) => result is { HasCheck: true, Outcome: { } outcome } && outcome.MayAlert();
}

/// <summary>One check of one account.</summary>
internal readonly record struct CheckKey(Guid AccountId, Guid CheckId)
{
    public static CheckKey Of(ResultFact result) => new(result.Run.AccountId, result.CheckId);
}

/// <summary>The table <c>check_statuses</c>, as the projection reads and writes it.</summary>
internal static class CheckStatusTable
{
    private static readonly Table<CheckKey> Keys = new Table<CheckKey>("check_statuses")
        .Key("account_id", key => key.AccountId)
        .Key("check_id", key => key.CheckId);

    public static readonly Table<KeyValuePair<CheckKey, CheckStanding>> Table = new Table<KeyValuePair<CheckKey, CheckStanding>>("check_statuses")
        .Keys(Keys, row => row.Key)
        .Set("name", row => row.Value.Name)
        .Set("has_failures", row => row.Value.HasFailures)
        .Set("has_errors", row => row.Value.HasErrors)
        .Set("is_degraded", row => row.Value.IsDegraded)
        .Set("longest_run", row => row.Value.LongestRun)
        .Set("shortest_run", row => row.Value.ShortestRun)
        .Set("last_location", row => row.Value.LastLocation)
        .Set("last_position", row => row.Value.LastPosition)
        .Once("created_at", row => row.Value.CreatedAt)
        .Set("updated_at", row => row.Value.UpdatedAt);

    public static async Task LoadAsync(
        NpgsqlConnection connection, IReadOnlyList<CheckKey> keys, Rows<CheckKey, CheckStanding> rows, CancellationToken cancellation) =>
        rows.Load(await Keys.LoadAsync<CheckStanding>(connection, keys, cancellation));
}
