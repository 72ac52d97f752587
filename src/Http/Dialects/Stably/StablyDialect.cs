namespace Ledger.Http.Dialects.Stably;

/// <summary>Stably's public interface, and the part of it that its command line uses (wire.md 7).</summary>
public static class StablyDialect
{
    public static Dialect Instance { get; } = new("Stably", ["/v1/projects", "/internal/v1/cli"], new StablyEnvelope(), Knows403: false);
}
