using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Marten;

namespace Ledger.Http.Checkly;

/// <summary>Reads the key's account. The command line asks for it, and for the user, before every command.</summary>
public static class ReadAccountEndpoint
{
    [WolverineGet("/next/accounts/{accountId}"), Authorize(Scopes.ReadOrCommand), Errors(400, 401, 403, 404, 429), Tags("Checkly: command line")]
    [EndpointSummary("Reads the key's account; any other one is 403.")]
    public static async Task<Account> Get(string accountId, Caller caller, IQuerySession documents, CancellationToken cancellation)
    {
        caller.RequireAccount(accountId);
        return await documents.LoadAsync<Ledger.Access.Account>(caller.AccountId, cancellation) is { } account
            ? new Account(account.Id, account.Name, Runtime.OfAccounts.Name, [])
            : throw RequestRejected.NotFound("Not Found");
    }

    /// <summary>A path may name the key's own account and no other.</summary>
    /// <exception cref="RequestRejected">400 for an id that is no uuid, 403 for another account.</exception>
    internal static void RequireAccount(this Caller caller, string accountId)
    {
        if (Inputs.Uuid(nameof(accountId), accountId) != caller.AccountId)
        {
            throw RequestRejected.Forbidden("Forbidden");
        }
    }
}

/// <summary>Lists the accounts of the key, which is one.</summary>
public static class ListAccountsEndpoint
{
    [WolverineGet("/next/accounts"), Authorize(Scopes.ReadOrCommand), Errors(401, 403, 404, 429), Tags("Checkly: command line")]
    [EndpointSummary("Lists the accounts of the key: its one.")]
    public static async Task<IReadOnlyList<Account>> Get(Caller caller, IQuerySession documents, CancellationToken cancellation) =>
        [await ReadAccountEndpoint.Get(caller.AccountId.ToString(), caller, documents, cancellation)];
}

/// <summary>Reads who holds the key.</summary>
public static class ReadUserEndpoint
{
    [WolverineGet("/next/users/me"), Authorize(Scopes.ReadOrCommand), Errors(401, 403, 429), Tags("Checkly: command line")]
    [EndpointSummary("Reads who holds the key.")]
    public static User Get(HttpContext context)
    {
        var key = context.Key();
        return new User(key.Id, key.Actor.Name ?? key.Name);
    }
}

/// <summary>An account.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What it is called.</param>
/// <param name="RuntimeId">The runtime of its checks, one of <c>/v1/runtimes</c>.</param>
/// <param name="Features">Switches of the vendor's; none here, so that the command line's usual limits hold.</param>
public sealed record Account(Guid Id, string Name, string RuntimeId, IReadOnlyList<string> Features);

/// <summary>The holder of a key.</summary>
/// <param name="Id">The key's id.</param>
/// <param name="Name">Its owner, or what the key is called.</param>
public sealed record User(Guid Id, string Name);
