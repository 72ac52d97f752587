using Ledger.Projections.Alerts;
using Ledger.Projections.CheckResults;
using Ledger.Projections.CheckStatus;

namespace Ledger.Projections.Tests.Alerts;

/// <summary>The three tables in memory: batches find of them what the projection's own queries would find.</summary>
internal sealed class MemoryTables
{
    private readonly Dictionary<ConditionKey, LocationCondition> conditions = [];
    private readonly Dictionary<long, AlertRow> alerts = [];
    private readonly Dictionary<Guid, IncidentRow> incidents = [];

    public IEnumerable<AlertRow> AlertRows => alerts.Values.OrderBy(alert => alert.Position);

    public IEnumerable<string> Alerts => AlertRows.Select(alert =>
        $"{alert.Position} {alert.Result.Run.SequenceId} {Words<AlertType>.Of(alert.Type)} {Words<AlertState>.Of(alert.State)} {alert.SettledPosition}");

    public IEnumerable<string> Conditions => conditions
        .OrderBy(row => row.Key.Check.CheckId).ThenBy(row => row.Key.Location, StringComparer.Ordinal)
        .Select(row =>
            $"{row.Key.Check.CheckId} {row.Key.Location} {Words<CheckCondition>.Of(row.Value.Condition)[0]} {row.Value.Since.Position} {row.Value.Last.Position} {row.Value.Last.Run.SequenceId}");

    public IEnumerable<string> Incidents => incidents.Values.OrderBy(incident => incident.Check.CheckId).ThenBy(incident => incident.OpenedPosition)
        .Select(incident =>
            $"{incident.Check.CheckId} {incident.OpenedPosition} {incident.ResolvedPosition} [{string.Join(',', incident.Locations)}] [{string.Join(',', incident.FailingLocations)}] {incident.Alerts}");

    /// <summary>Everything that the rows say, and no row left out.</summary>
    public IEnumerable<string> Everything =>
    [
        .. AlertRows.Select(alert => alert.ToString()),
        .. conditions.OrderBy(row => row.Key.Check.CheckId).ThenBy(row => row.Key.Location, StringComparer.Ordinal).Select(row => row.ToString()),
        .. incidents.OrderBy(row => row.Key).Select(row => $"{row.Value} {string.Join(',', row.Value.Locations)} {string.Join(',', row.Value.FailingLocations)}"),
    ];

    /// <summary>Folds the results in batches of these lengths, the last one being the rest.</summary>
    public static MemoryTables Of(IReadOnlyList<ResultFact> results, Func<int>? batch = null)
    {
        var tables = new MemoryTables();
        for (var at = 0; at < results.Count;)
        {
            var length = Math.Min(batch?.Invoke() ?? results.Count, results.Count - at);
            tables.Fold([.. results.Skip(at).Take(length)]);
            at += length;
        }

        return tables;
    }

    private void Fold(IReadOnlyList<ResultFact> results)
    {
        var rows = new AlertRows();
        foreach (var key in results.Select(ConditionKey.Of).Distinct().Where(conditions.ContainsKey))
        {
            rows.Conditions.Load(key, conditions[key]);
        }

        var runs = results.Select(result => result.Run).ToHashSet();
        foreach (var alert in alerts.Values.Where(alert => alert.State is AlertState.Pending && runs.Contains(alert.Result.Run)))
        {
            rows.Alerts.Load(alert.Result.Run, alert);
        }

        var checks = results.Select(CheckKey.Of).ToHashSet();
        foreach (var incident in incidents.Values.Where(incident => incident.ResolvedPosition is null && checks.Contains(incident.Check)))
        {
            rows.Load(incident);
        }

        foreach (var result in results)
        {
            AlertFold.Apply(result, rows);
        }

        foreach (var (key, row) in rows.Conditions.Added.Concat(rows.Conditions.Changed))
        {
            conditions[key] = row;
        }

        foreach (var (_, row) in rows.Alerts.Added.Concat(rows.Alerts.Changed))
        {
            alerts[row.Position] = row;
        }

        foreach (var (key, row) in rows.Incidents.Added.Concat(rows.Incidents.Changed))
        {
            incidents[key] = row;
        }
    }
}
