namespace Ledger.Http.Dialects.TesterArmy;

/// <summary>TesterArmy's public interface, mounted twice (wire.md 8).</summary>
public static class TesterArmyDialect
{
    /// <summary>The two mounts: the founding document's and the published description's.</summary>
    public static IReadOnlyList<string> Mounts { get; } = ["/v1", "/api/v1"];

    public static Dialect Instance { get; } = new(
        "TesterArmy",
        [.. Mounts.SelectMany(mount => (PathString[])[$"{mount}/runs", $"{mount}/batches", $"{mount}/tests", $"{mount}/groups"])],
        new TesterArmyEnvelope(),
        Knows403: false);
}
