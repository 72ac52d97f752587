using System.Text.Json;
using Ledger.Sessions;

namespace Ledger.Http.Checkly.Live;

/// <summary>
/// What a client waits for: it makes up the id of a suite, subscribes to it, and names it to whatever schedules the runs.
/// </summary>
/// <param name="AccountId">The tenant.</param>
/// <param name="SuiteId">Unique in the account.</param>
public readonly record struct SuiteKey(Guid AccountId, Guid SuiteId)
{
    /// <summary>The suite that a session was scheduled for; null for none.</summary>
    public static SuiteKey? Of(Session session) =>
        session.Metadata is { ValueKind: JsonValueKind.Object } metadata
        && metadata.TryGetProperty(SuiteMetadata.CheckRunSuiteId, out var member)
        && member.ValueKind is JsonValueKind.String
        && member.TryGetGuid(out var suiteId)
            ? new SuiteKey(session.AccountId, suiteId)
            : null;
}
