using System.Text.Json;
using Ledger.Http.Requests;
using Ledger.Sessions;

namespace Ledger.Http.Cancels;

/// <summary>The first answer to a cancel, as it is kept under an idempotency key (domain.md rule 5).</summary>
/// <param name="Accepted">What was accepted; null when it was refused.</param>
/// <param name="Refused">Why it was refused; null when it was accepted.</param>
public sealed record RememberedCancel(CancelAccepted? Accepted, string? Refused)
{
    public static string Write(Decision<CancelAnswer> decision) => JsonSerializer.Serialize(
        decision.Answer is { } answer
            ? new RememberedCancel(new CancelAccepted(answer.CancelId, answer.Targeted, answer.Skipped), null)
            : new RememberedCancel(null, decision.Refusal!.Message),
        NativeJson.Options);

    public static RememberedCancel Read(string json) => JsonSerializer.Deserialize<RememberedCancel>(json, NativeJson.Options)!;
}
