namespace Ledger.Http.Dialects.Checkly;

/// <summary>What Checkly's clients say about themselves (wire.md 3).</summary>
public static class ChecklyOrigin
{
    private static readonly ClientOrigin Origin = new(
        ("x-checkly-source", "source"),
        ("x-checkly-operator", "operator"),
        ("x-checkly-cli-version", "cliVersion"),
        ("x-checkly-ci-name", "ciName"));

    /// <summary>What was said, by name; null when nothing was.</summary>
    public static IReadOnlyDictionary<string, string>? Of(HttpRequest request) => Origin.Of(request);
}
