using System.Globalization;
using System.Text.RegularExpressions;

namespace Ledger.Http.Tests.Metrics;

/// <summary>
/// Prometheus' text format 0.0.4, read as strictly as its description says: each family is described once, before its samples and with all
/// of them together, no sample comes twice, and histograms are complete and do not fall.
/// </summary>
internal sealed partial class Exposition
{
    private readonly Dictionary<string, double> samples = [];
    private readonly Dictionary<string, string> types = [];
    private readonly HashSet<string> helped = [];

    public Exposition(string text)
    {
        text.ShouldEndWith("\n");
        string? current = null;
        foreach (var line in text[..^1].Split('\n'))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                var words = line.Split(' ');
                words.Length.ShouldBe(4);
                current = words[2];
                words[3].ShouldBeOneOf("counter", "gauge", "histogram");
                types.TryAdd(current, words[3]).ShouldBeTrue(line);
            }
            else if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                var words = line.Split(' ', 4);
                words[2].ShouldBe(current);
                helped.Add(words[2]).ShouldBeTrue(line);
                words[3].ShouldNotBeEmpty();
            }
            else
            {
                // A sample may say that it has no labels.
                Read(line.Replace("{} ", " ", StringComparison.Ordinal), current!);
            }
        }

        foreach (var (family, type) in types)
        {
            (string.Equals(type, "counter", StringComparison.Ordinal) == family.EndsWith("_total", StringComparison.Ordinal)).ShouldBeTrue(family);
            if (string.Equals(type, "histogram", StringComparison.Ordinal))
            {
                CheckHistogram(family);
            }
        }
    }

    public IReadOnlyDictionary<string, string> Types => types;

    public IReadOnlyDictionary<string, double> Samples => samples;

    /// <summary>The sample with this name and these labels, as they stand; 0 when there is none.</summary>
    public double this[string sample] => samples.GetValueOrDefault(sample);

    /// <summary>All samples of a name together.</summary>
    public double Sum(string name) => samples.Where(sample => sample.Key == name || sample.Key.StartsWith($"{name}{{", StringComparison.Ordinal))
        .Sum(sample => sample.Value);

    private void Read(string line, string family)
    {
        var match = Sample().Match(line);
        match.Success.ShouldBeTrue(line);
        var name = match.Groups["name"].Value;
        types.ShouldContainKey(family, line);
        var endings = string.Equals(types[family], "histogram", StringComparison.Ordinal) ? new[] { "_bucket", "_sum", "_count" } : [""];
        endings.Select(ending => family + ending).ShouldContain(name, line);
        var labels = match.Groups["label"].Captures.Select(label => label.Value).ToList();
        labels.ShouldBeUnique(line);
        var text = match.Groups["value"].Value;
        var value = text switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
        };
        samples.TryAdd(line[..line.LastIndexOf(' ')], value).ShouldBeTrue(line);
    }

    private void CheckHistogram(string family)
    {
        var buckets = samples.Where(sample => sample.Key.StartsWith($"{family}_bucket{{", StringComparison.Ordinal))
            .GroupBy(sample => Bound().Replace(sample.Key, ""))
            .ToList();
        buckets.ShouldNotBeEmpty();
        foreach (var series in buckets)
        {
            var counts = series.Select(bucket => bucket.Value).ToList();
            counts.SequenceEqual(counts.Order()).ShouldBeTrue(series.Key);
            series.Last().Key.ShouldContain("le=\"+Inf\"");
            var labels = series.Key[$"{family}_bucket".Length..].Replace("{}", "", StringComparison.Ordinal);
            samples[$"{family}_count{labels}"].ShouldBe(counts[^1]);
            samples.ShouldContainKey($"{family}_sum{labels}");
        }
    }

    [GeneratedRegex(
        """^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{((?<label>[a-zA-Z_][a-zA-Z0-9_]*)="([^"\\]|\\["\\n])*"(,(?!\})|(?=\})))+\})? (?<value>[+-]?Inf|NaN|[+-]?[0-9.]+(E[+-]?[0-9]+)?)$""",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sample();

    [GeneratedRegex(",?le=\"[^\"]*\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Bound();
}
