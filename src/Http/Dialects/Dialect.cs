using Ledger.Http.Errors;

namespace Ledger.Http.Dialects;

/// <summary>One way to speak to the ledger: where it is mounted and how it writes errors (wire.md 2.2).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Prefixes">The paths under which everything is its own, without a final slash.</param>
/// <param name="Envelope">Its errors.</param>
/// <param name="Knows403">Whether it has a 403; Stably and TesterArmy answer a missing scope with 401 (wire.md 2.3).</param>
/// <param name="AccountHeader">The header in which clients name the account; it must be the key's own (wire.md 2.3). Null for none.</param>
public sealed record Dialect(
    string Name, IReadOnlyList<PathString> Prefixes, IErrorEnvelope Envelope, bool Knows403 = true, string? AccountHeader = null);
