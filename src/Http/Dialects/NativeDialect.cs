using Ledger.Http.Errors;

namespace Ledger.Http.Dialects;

/// <summary>The ledger's own interface (http.md).</summary>
public static class NativeDialect
{
    public static Dialect Instance { get; } = new("Ledger", ["/ledger", "/health", "/openapi", "/metrics"], new ProblemEnvelope());
}
