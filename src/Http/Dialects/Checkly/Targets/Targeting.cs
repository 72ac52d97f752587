using Ledger.Http.Checks;
using Ledger.Http.Errors;

namespace Ledger.Http.Dialects.Checkly.Targets;

/// <summary>Finds the checks of an account that a trigger means.</summary>
public static class Targeting
{
    /// <summary>At least one check.</summary>
    /// <exception cref="RequestRejected">404 when none is meant.</exception>
    public static async Task<IReadOnlyList<Check>> SelectAsync(
        this CheckRegistry registry, CheckTarget target, Guid accountId, CancellationToken cancellation) =>
        target.SelectFrom(await registry.ListAsync(accountId, cancellation)) is { Count: > 0 } selected
            ? selected
            : throw RequestRejected.NotFound("No matching checks were found.");
}
