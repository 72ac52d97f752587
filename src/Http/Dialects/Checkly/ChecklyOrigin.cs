namespace Ledger.Http.Dialects.Checkly;

/// <summary>What a client says about itself in its headers, kept as the origin of a cancel or trigger (wire.md 3).</summary>
internal static class ChecklyOrigin
{
    private static readonly (string Header, string Name)[] Headers =
    [
        ("x-checkly-source", "source"),
        ("x-checkly-operator", "operator"),
        ("x-checkly-cli-version", "cliVersion"),
        ("x-checkly-ci-name", "ciName"),
    ];

    /// <summary>What was said, by name; null when nothing was.</summary>
    public static IReadOnlyDictionary<string, string>? Of(HttpRequest request)
    {
        var origin = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (header, name) in Headers)
        {
            if (request.Headers[header].ToString() is { Length: > 0 } value)
            {
                origin[name] = value;
            }
        }

        return origin.Count == 0 ? null : origin;
    }
}
