using Ledger.Http.Access;
using Ledger.Http.Dialects.Checkly.Runtimes;
using Ledger.Http.Errors;
using Ledger.Http.Requests;

namespace Ledger.Http.Dialects.Checkly.Accounts;

/// <summary>Who the caller is: what the vendor's command line asks before every command (wire.md 4.1).</summary>
public static class AccountEndpoints
{
    public static void MapAccounts(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/next").WithTags("Checkly: command line");
        group.MapGet("accounts/{accountId}", GetAccountAsync).RequireScope(Scope.Read, Scope.Command)
            .WithSummary("Reads the key's account; any other one is 403.")
            .Produces<Account>().ProducesErrors(400, 401, 403, 404, 429);
        group.MapGet("users/me", GetUser).RequireScope(Scope.Read, Scope.Command)
            .WithSummary("Reads who holds the key.")
            .Produces<User>().ProducesErrors(401, 403, 429);
    }

    private static async Task<IResult> GetAccountAsync(HttpContext context, string accountId, AccountNames names)
    {
        var account = context.Key().AccountId;
        if (Inputs.Uuid(nameof(accountId), accountId) != account)
        {
            throw RequestRejected.Forbidden("Forbidden");
        }

        var name = await names.FindAsync(account, context.RequestAborted) ?? throw RequestRejected.NotFound("Not Found");
        return ChecklyResult.Json(new Account(account, name, Runtime.OfAccounts.Name, []));
    }

    private static IResult GetUser(HttpContext context)
    {
        var key = context.Key();
        return ChecklyResult.Json(new User(key.Id, key.Actor.Name ?? key.Name));
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
