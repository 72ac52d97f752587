namespace Ledger.Http.Runners;

/// <summary>A runner of an account: names are chosen by runners, so two accounts may have the same.</summary>
public readonly record struct RunnerId(Guid AccountId, string Name)
{
    /// <summary>The runner in the path, in the caller's account.</summary>
    /// <exception cref="RequestRejected">400 for a name that is empty or too long.</exception>
    public static RunnerId Of(Caller caller, string runnerId) => new(
        caller.AccountId,

        // The server decodes everything in a path but the slash; the header Ledger-Runner carries the name as it is.
        Inputs.Name("runner id", runnerId.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase)));
}

/// <summary>The header <c>Ledger-Runner</c>, which every call about one run carries.</summary>
public static class RunnerHeader
{
    public const string Name = "Ledger-Runner";

    /// <summary>What it says, for the OpenAPI document.</summary>
    public const string Description = "The runner that holds the run.";

    /// <summary>The runner's id.</summary>
    /// <exception cref="RequestRejected">400 without it.</exception>
    public static string Read(HttpRequest request) => request.Headers[Name].ToString() is { Length: > 0 and <= Limits.Name } id
        ? id
        : throw RequestRejected.BadRequest($"The header {Name} must name the runner.");
}
