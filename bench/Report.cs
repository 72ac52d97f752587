using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ledger.Bench;

/// <summary>What a row is to come to.</summary>
/// <param name="Limit">The least, or the most.</param>
/// <param name="IsMost">Whether it is the most.</param>
/// <param name="Unit">What it is measured in; × for a ratio to the reference.</param>
internal sealed record Target(double Limit, bool IsMost, string Unit)
{
    public static Target AtLeast(double limit, string unit = "×") => new(limit, IsMost: false, unit);

    public static Target AtMost(double limit, string unit) => new(limit, IsMost: true, unit);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(IsMost ? "≤" : "≥")} {Limit:0.##} {Unit}");
}

/// <summary>One row of the report.</summary>
/// <param name="Row">What was measured.</param>
/// <param name="Reference">What it is compared with, and what that came to in the same run.</param>
/// <param name="Ledger">What the ledger came to.</param>
/// <param name="Values">What the target is about, once for each repetition.</param>
/// <param name="Target">The target.</param>
internal sealed record Finding(string Row, string Reference, string Ledger, IReadOnlyList<double> Values, Target Target)
{
    /// <summary>The middle of the repetitions.</summary>
    public double Median => Statistics.Median(Values);

    /// <summary>Whether the median is within the target.</summary>
    public bool IsMet => Target.IsMost ? Median <= Target.Limit : Median >= Target.Limit;

    /// <summary>The row of the table.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Row} | {Reference} | {Ledger} | {Figures} | {Target} | {(IsMet ? "met" : "**missed**")} |");

    private string Figures => string.Create(CultureInfo.InvariantCulture, $"{Median:0.##} ({Values.Min():0.##}–{Values.Max():0.##}) {Target.Unit}");
}

/// <summary>The rows that a run has come to.</summary>
internal sealed class Report
{
    private static readonly JsonSerializerOptions Words = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly List<Finding> findings = [];

    /// <summary>The rows so far.</summary>
    public IReadOnlyList<Finding> Findings => findings;

    /// <summary>Rows of an earlier run that was printed by <see cref="ToJson"/>.</summary>
    public static IReadOnlyList<Finding> Read(string json) => JsonSerializer.Deserialize<List<Finding>>(json, Words)!;

    /// <summary>Adds a row.</summary>
    public void Add(string row, string reference, string ledger, IReadOnlyList<double> values, Target target) =>
        findings.Add(new Finding(row, reference, ledger, values, target));

    /// <summary>All rows as a table.</summary>
    public override string ToString() => string.Join(
        Environment.NewLine,
        ["| row | reference | ledger | median (min–max) | target | |", "|---|---|---|---|---|---|", .. findings.Select(finding => finding.ToString())]);

    /// <summary>All rows for programs.</summary>
    public string ToJson() => JsonSerializer.Serialize(findings, Words);
}

/// <summary>Figures of figures.</summary>
internal static class Statistics
{
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>In milliseconds, by nearest rank.</summary>
    public static double Percentile(IEnumerable<TimeSpan> times, double share)
    {
        var sorted = times.Order().ToArray();
        return sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)].TotalMilliseconds;
    }
}
