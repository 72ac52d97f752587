using System.Globalization;
using System.Text;

namespace Ledger.Http.Metrics;

/// <summary>Writes metrics in Prometheus' text format 0.0.4.</summary>
public static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>The families in the order of their names.</summary>
    public static string Write(IEnumerable<MetricFamily> families)
    {
        var text = new StringBuilder(16 * 1024);
        foreach (var family in families.OrderBy(family => family.Name, StringComparer.Ordinal).Where(family => family.Samples.Count > 0))
        {
            text.Append("# HELP ").Append(family.Name).Append(' ').Append(EscapedHelp(family.Help)).Append('\n');
            text.Append("# TYPE ").Append(family.Name).Append(' ').Append(TypeOf(family.Type)).Append('\n');
            foreach (var sample in family.Samples)
            {
                Write(text, family, sample);
            }
        }

        return text.ToString();
    }

    /// <summary>A name as the format allows it: anything else than letters, digits and underscores becomes an underscore.</summary>
    public static string NameOf(string text) =>
        string.Concat(text.Select((c, at) => char.IsAsciiLetter(c) || c == '_' || (at > 0 && char.IsAsciiDigit(c)) ? c : '_'));

    private static void Write(StringBuilder text, MetricFamily family, MetricSample sample)
    {
        if (sample.Buckets is not { } buckets)
        {
            Line(text, family.Name, sample.Labels, sample.Value);
            return;
        }

        foreach (var (bound, count) in buckets)
        {
            Line(text, $"{family.Name}_bucket", [.. sample.Labels, new("le", Number(bound))], count);
        }

        Line(text, $"{family.Name}_sum", sample.Labels, sample.Value);
        Line(text, $"{family.Name}_count", sample.Labels, buckets[^1].Count);
    }

    private static void Line(StringBuilder text, string name, IReadOnlyList<KeyValuePair<string, string>> labels, double value)
    {
        text.Append(name);
        for (var at = 0; at < labels.Count; at++)
        {
            text.Append(at == 0 ? '{' : ',').Append(labels[at].Key).Append("=\"").Append(EscapedLabel(labels[at].Value)).Append('"');
        }

        text.Append(labels.Count > 0 ? "} " : " ").Append(Number(value)).Append('\n');
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string EscapedHelp(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string EscapedLabel(string text) => EscapedHelp(text).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static string TypeOf(MetricType type) => type switch
    {
        MetricType.Counter => "counter",
        MetricType.Gauge => "gauge",
        MetricType.Histogram => "histogram",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "A type without a word."),
    };
}
