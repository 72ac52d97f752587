using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;

namespace Ledger.Http.Checks;

/// <summary>Lists the registered checks.</summary>
public static class ListChecksEndpoint
{
    [WolverineGet("/ledger/checks"), Authorize(Scopes.Read), Tags("Checks"), EndpointSummary("Lists the account's checks, by name.")]
    public static async Task<CheckList> Get(Caller caller, CheckRegistry checks, CancellationToken cancellation) =>
        new(await checks.ListAsync(caller.AccountId, cancellation));
}

/// <summary>Reads one registered check.</summary>
public static class ReadCheckEndpoint
{
    [WolverineGet("/ledger/checks/{checkId}"), Authorize(Scopes.Read), Tags("Checks"), EndpointSummary("Reads one check.")]
    public static async Task<Check> Get(string checkId, Caller caller, CheckRegistry checks, CancellationToken cancellation) =>
        await checks.FindAsync(caller.AccountId, Inputs.Uuid("check id", checkId), cancellation)
        ?? throw RequestRejected.NotFound("There is no such check.");
}

/// <summary>The checks of an account.</summary>
public sealed record CheckList(IReadOnlyList<Check> Entries);
