namespace Ledger.Http.Dialects.Checkly;

/// <summary>Checkly's public interface, and the part of it that its command line uses (wire.md 3 and 4).</summary>
public static class ChecklyDialect
{
    public static Dialect Instance { get; } = new(
        "Checkly",
        [
            "/v1/check-sessions", "/v2/check-sessions", "/v1/test-sessions", "/v1/check-results", "/v2/check-results",
            "/v1/check-statuses", "/v1/check-alerts", "/v1/alert-notifications", "/v1/reporting", "/v1/analytics", "/v1/checks",
            "/v1/locations", "/v1/private-locations", "/v1/runtimes", "/next",
        ],
        new ChecklyEnvelope(),
        AccountHeader: "x-checkly-account");
}
