using Ledger.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Web.Access;

/// <summary>
/// What pages need of who looks at them, each the name of an authorization policy: <c>@attribute [Authorize(PagePolicies.Read)]</c>. They ask
/// for the same scopes as the HTTP interface does, of a page session instead of a key: no request to the interface is let in by a cookie.
/// </summary>
public static class PagePolicies
{
    /// <summary>To look.</summary>
    public const string Read = Prefix + "read";

    /// <summary>To trigger and to cancel.</summary>
    public const string Command = Prefix + "command";

    /// <summary>To manage the account: keys, webhooks.</summary>
    public const string Admin = Prefix + "admin";

    /// <summary>To run the installation.</summary>
    public const string Operator = Prefix + "operator";

    /// <summary>Any page session, whatever it may do.</summary>
    public const string Any = Prefix + "any";

    private const string Prefix = "page:";

    /// <summary>The published word of a scope.</summary>
    public static string WordOf(Scope scope) => scope.ToString().ToLowerInvariant();

    internal static void AddPagePolicies(this IServiceCollection services) => services.AddAuthorization(options =>
    {
        options.AddPolicy(Any, Page().Build());
        foreach (var policy in (string[])[Read, Command, Admin, Operator])
        {
            options.AddPolicy(policy, Page().RequireClaim(Viewer.ScopeClaim, policy[Prefix.Length..]).Build());
        }

        static AuthorizationPolicyBuilder Page() => new AuthorizationPolicyBuilder(PageSession.Scheme).RequireAuthenticatedUser();
    });
}
