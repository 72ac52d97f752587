using Ledger.Http.Access;
using Ledger.Http.Requests;

namespace Ledger.Http.Runners;

/// <summary>A runner of an account: names are chosen by runners, so two accounts may have the same.</summary>
public readonly record struct RunnerId(Guid AccountId, string Name)
{
    /// <summary>The runner in the path, in the key's account.</summary>
    /// <exception cref="Errors.RequestRejected">400 for a name that is empty or too long.</exception>
    public static RunnerId Of(HttpContext context, string runnerId) => new(
        context.Key().AccountId,

        // The server decodes everything in a path but the slash; the header Ledger-Runner carries the name as it is.
        Inputs.Name("runner id", runnerId.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase)));
}
