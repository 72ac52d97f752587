namespace Ledger.Http.Checkly;

/// <summary>Who asks, and what an account has: what the command line wants to know before every command.</summary>
public static class AccountEndpoints
{
    [WolverineGet("/next/accounts/{accountId}"), Authorize(Scopes.ReadOrCommand), Errors(400, 401, 403, 404, 429), Tags("Checkly: command line")]
    [EndpointSummary("Reads the key's account; any other one is 403.")]
    public static Task<Account> ReadAccount(string accountId, Caller caller, IQuerySession documents, CancellationToken cancellation) =>
        Inputs.Uuid(nameof(accountId), accountId) == caller.AccountId
            ? AccountAsync(caller, documents, cancellation)
            : throw RequestRejected.Forbidden("Forbidden");

    [WolverineGet("/next/accounts"), Authorize(Scopes.ReadOrCommand), Errors(401, 403, 404, 429), Tags("Checkly: command line")]
    [EndpointSummary("Lists the accounts of the key: its one.")]
    public static async Task<IReadOnlyList<Account>> ListAccounts(Caller caller, IQuerySession documents, CancellationToken cancellation) =>
        [await AccountAsync(caller, documents, cancellation)];

    [WolverineGet("/next/users/me"), Authorize(Scopes.ReadOrCommand), Errors(401, 403, 429), Tags("Checkly: command line")]
    [EndpointSummary("Reads who holds the key.")]
    public static User ReadUser(HttpContext context)
    {
        var key = context.Key();
        return new User(key.Id, key.Actor.Name ?? key.Name);
    }

    [WolverineGet("/v1/runtimes"), Authorize(Scopes.ReadOrCommand), Errors(401, 403, 429), Tags("Checkly: supporting reads")]
    [EndpointSummary("Lists the runtimes: the one that every account has.")]
    public static IReadOnlyList<Runtime> ListRuntimes() => [Runtime.OfAccounts];

    [WolverineGet("/v1/runtimes/{runtimeId}"), Authorize(Scopes.ReadOrCommand), Errors(401, 403, 404, 429), Tags("Checkly: supporting reads")]
    [EndpointSummary("Reads one runtime.")]
    public static Runtime ReadRuntime(string runtimeId) =>
        runtimeId == Runtime.OfAccounts.Name ? Runtime.OfAccounts : throw RequestRejected.NotFound("Not Found");

    [WolverineGet("/v1/variables"), Authorize(Scopes.ReadOrCommand), Errors(401, 403, 429), Tags("Checkly: command line")]
    [EndpointSummary("Lists the environment variables of the account: none. Those of checks stand in the checks.")]
    public static IReadOnlyList<EnvironmentVariable> ListVariables() => [];

    private static async Task<Account> AccountAsync(Caller caller, IQuerySession documents, CancellationToken cancellation) =>
        await documents.LoadAsync<Ledger.Access.Account>(caller.AccountId, cancellation) is { } account
            ? new Account(account.Id, account.Name, Runtime.OfAccounts.Name, [])
            : throw RequestRejected.NotFound("Not Found");
}

/// <summary>An account.</summary>
/// <param name="Features">Switches of the vendor's; none here, so that the command line's usual limits hold.</param>
public sealed record Account(Guid Id, string Name, string RuntimeId, IReadOnlyList<string> Features);

/// <summary>The holder of a key: the key's id, and its owner, or what the key is called.</summary>
public sealed record User(Guid Id, string Name);

/// <summary>
/// A set of packages, with their versions, that checks may rely on. Nominal here: a run has what its bundle and its runner's machine bring,
/// but the command line looks up the account's runtime before it schedules anything.
/// </summary>
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
