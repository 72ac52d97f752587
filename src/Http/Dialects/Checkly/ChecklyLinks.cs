using Ledger.Http.Settings;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly;

/// <summary>
/// The links in answers (wire.md 3.3). They begin with the setting <c>Ledger:PublicUrl</c>, else with the address that the request came to.
/// </summary>
public sealed class ChecklyLinks(HttpRequest request, LedgerSettings settings)
{
    private readonly string publicBase = settings.PublicUrl?.TrimEnd('/') ?? $"{request.Scheme}://{request.Host}";

    public string CheckSession(Session session) =>
        $"{publicBase}/accounts/{session.AccountId}/checks/{CheckIds.Of(session)}/check-sessions/{session.Id}";

    public string CheckResult(Session session, Guid resultId) => $"{CheckSession(session)}/results/{resultId}";

    public string TestSession(Session session) => $"{publicBase}/accounts/{session.AccountId}/test-sessions/{session.Id}";

    public string TestResult(Session session, Guid resultId) => $"{TestSession(session)}/results/{resultId}";
}
