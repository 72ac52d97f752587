using Ledger.Http.Errors;
using Ledger.Http.Requests;

namespace Ledger.Http.Dialects.Empirical.Cancels;

/// <summary>The body of a cancel (wire.md 6.1). It may be missing altogether.</summary>
public sealed record CancelBody
{
    /// <summary>Why, in words; null is the same as absent.</summary>
    public string? Reason { get; init; }

    /// <summary>The reason that a body gives, if it gives one.</summary>
    /// <exception cref="RequestRejected">400 for a reason that is no text or too long, and for what is no JSON object.</exception>
    public static async Task<string?> ReasonAsync(HttpRequest request) =>
        Inputs.Reason((await Body.ReadJsonAsync<CancelBody>(request, EmpiricalJson.Options))?.Reason);
}
