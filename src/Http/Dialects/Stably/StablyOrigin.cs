namespace Ledger.Http.Dialects.Stably;

/// <summary>What Stably's clients say about themselves (wire.md 7).</summary>
public static class StablyOrigin
{
    private static readonly ClientOrigin Origin = new(
        ("x-stably-source", "source"),
        ("x-stably-cli-version", "cliVersion"),
        ("x-stably-org-id", "orgId"));

    /// <summary>What was said, by name; null when nothing was.</summary>
    public static IReadOnlyDictionary<string, string>? Of(HttpRequest request) => Origin.Of(request);
}
