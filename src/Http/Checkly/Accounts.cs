using System.Text.Json.Serialization;
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

/// <summary>Lists the runtimes.</summary>
public static class ListRuntimesEndpoint
{
    [WolverineGet("/v1/runtimes"), Authorize(Scopes.ReadOrCommand), Errors(401, 403, 429), Tags("Checkly: supporting reads")]
    [EndpointSummary("Lists the runtimes: the one that every account has.")]
    public static IReadOnlyList<Runtime> Get() => [Runtime.OfAccounts];
}

/// <summary>Reads one runtime.</summary>
public static class ReadRuntimeEndpoint
{
    [WolverineGet("/v1/runtimes/{runtimeId}"), Authorize(Scopes.ReadOrCommand), Errors(401, 403, 404, 429), Tags("Checkly: supporting reads")]
    [EndpointSummary("Reads one runtime.")]
    public static Runtime Get(string runtimeId) =>
        runtimeId == Runtime.OfAccounts.Name ? Runtime.OfAccounts : throw RequestRejected.NotFound("Not Found");
}

/// <summary>
/// A set of packages that checks may rely on. Nominal here: a run has what its bundle and its runner's machine bring, but the
/// command line looks up the account's runtime before it schedules anything.
/// </summary>
/// <param name="Name">Its id.</param>
/// <param name="MultiStepSupport">Whether multi-step checks can run.</param>
/// <param name="NodeJsVersion">The version of Node.js.</param>
/// <param name="Stage">How current it is.</param>
/// <param name="Description">One sentence for people.</param>
/// <param name="Dependencies">Packages and their versions.</param>
public sealed record Runtime(
    string Name,
    bool MultiStepSupport,
    string NodeJsVersion,
    RuntimeStage Stage,
    string Description,
    IReadOnlyDictionary<string, string> Dependencies)
{
    /// <summary>The one that every account has.</summary>
    public static Runtime OfAccounts { get; } = new(
        "2025.04",
        true,
        "v22.11.0",
        RuntimeStage.Current,
        "Node.js 22 and Playwright 1.51. A run has what its code bundle installs and what its runner's machine offers.",
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["node"] = "22.11.0",
            ["@playwright/test"] = "1.51.1",
            ["playwright"] = "1.51.1",
            ["expect"] = "29.7.0",
            ["typescript"] = "5.8.3",
        });
}

/// <summary>How current a runtime is.</summary>
public enum RuntimeStage
{
    [JsonStringEnumMemberName("ALPHA")] Alpha,
    [JsonStringEnumMemberName("BETA")] Beta,
    [JsonStringEnumMemberName("CURRENT")] Current,
    [JsonStringEnumMemberName("DEPRECATED")] Deprecated,
    [JsonStringEnumMemberName("REMOVED")] Removed,
    [JsonStringEnumMemberName("STABLE")] Stable,
}
