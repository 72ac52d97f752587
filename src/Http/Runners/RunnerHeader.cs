using Ledger.Http.Errors;
using Ledger.Sessions;

namespace Ledger.Http.Runners;

/// <summary>The header <c>Ledger-Runner</c>, which every call about one run carries (http.md, Runners).</summary>
public static class RunnerHeader
{
    public const string Name = "Ledger-Runner";

    /// <summary>The runner's id.</summary>
    /// <exception cref="RequestRejected">400 without it.</exception>
    public static string Read(HttpRequest request) => request.Headers[Name].ToString() is { Length: > 0 and <= Limits.Name } id
        ? id
        : throw RequestRejected.BadRequest($"The header {Name} must name the runner.");
}
