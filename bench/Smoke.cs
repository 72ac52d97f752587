using Ledger.Bench.Writes;

namespace Ledger.Bench;

/// <summary>A minute of writes for machines that are busy with other things: only a collapse is told.</summary>
internal static class Smoke
{
    private static readonly Scale Short = new(TimeSpan.FromSeconds(1), Windows: 2, default, 0, 0, 0, 0);

    /// <summary>Measures, and compares with what a full run recorded.</summary>
    /// <returns>The exit code: 1 when a ratio is less than a third of the recorded one.</returns>
    public static async Task<int> RunAsync()
    {
        var report = new Report();
        await Setup.UseAsync(Short, report, WriteBench.RunAsync);
        var recorded = Report.Read(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "recorded.json")))
            .ToDictionary(finding => finding.Row, StringComparer.Ordinal);
        var collapsed = report.Findings
            .Where(finding => !finding.Target.IsMost && recorded.TryGetValue(finding.Row, out var before) && finding.Median < before.Median / 3)
            .ToList();
        Console.WriteLine(report);
        collapsed.ForEach(finding => Console.WriteLine(
            $"Collapsed: {finding.Row}, {finding.Median:0.00} × and {recorded[finding.Row].Median:0.00} × before."));
        return collapsed.Count == 0 ? 0 : 1;
    }
}
