namespace Ledger.Http.Dialects.Empirical;

/// <summary>Empirical's public interface (wire.md 6).</summary>
public static class EmpiricalDialect
{
    public static Dialect Instance { get; } = new(
        "Empirical", ["/api/test-runs", "/api/v2/test-runs", "/api/v2/analytics"], new EmpiricalEnvelope());
}
