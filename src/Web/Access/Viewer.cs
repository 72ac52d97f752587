using System.Diagnostics;
using System.Security.Claims;
using Ledger.Access;
using Ledger.Sessions;
using Ledger.Store;

namespace Ledger.Web.Access;

/// <summary>Who looks at a page: whoever holds a key, or the person that an identity provider names.</summary>
/// <param name="AccountId">The one account that they see.</param>
/// <param name="Actor">The name under which what they do is kept.</param>
/// <param name="Project">The only project that they know of, or null for all of the account.</param>
/// <param name="Scopes">What they may do.</param>
/// <param name="KeyId">The key that they signed in with; null for a person of an identity provider.</param>
/// <param name="SessionId">The page session; null before there is one.</param>
public sealed record Viewer(Guid AccountId, Actor Actor, string? Project, IReadOnlyList<Scope> Scopes, Guid? KeyId, string? SessionId = null)
{
    internal const string ScopeClaim = "scope";
    internal const string SessionClaim = "session";
    private const string KeyClaim = "key";
    private const string AccountClaim = "account";
    private const string ProjectClaim = "project";
    private const string ActorIdClaim = "sub";
    private const string ActorNameClaim = "name";

    /// <summary>What people call them.</summary>
    public string Name => Actor.Name ?? Actor.Id;

    /// <summary>Whether they may do what a page needs.</summary>
    public bool Has(Scope scope) => Scopes.Contains(scope);

    /// <summary>They, as the commands and readers of every interface know callers; with the trace of what is going on.</summary>
    public Caller ToCaller() => new(
        AccountId,
        Actor,
        Project,
        new EventContext(Name, Activity.Current?.TraceId.ToHexString(), Activity.Current?.SpanId.ToHexString()));

    /// <summary>The viewer who signed in with a key.</summary>
    public static Viewer Of(ApiKey key) => new(key.AccountId, key.Actor, key.Project, key.Scopes, key.Id);

    /// <summary>The viewer whom <see cref="ToPrincipal"/> was made of; null for anybody else.</summary>
    public static Viewer? Of(ClaimsPrincipal principal)
    {
        if (principal.Identity is not ClaimsIdentity { IsAuthenticated: true, AuthenticationType: PageSession.Scheme } identity)
        {
            return null;
        }

        var key = identity.FindFirst(KeyClaim)?.Value;
        return new Viewer(
            Guid.Parse(identity.FindFirst(AccountClaim)!.Value),
            new Actor(
                Enum.Parse<ActorKind>(identity.FindFirst(ClaimTypes.Actor)!.Value),
                identity.FindFirst(ActorIdClaim)!.Value,
                identity.FindFirst(ActorNameClaim)?.Value),
            identity.FindFirst(ProjectClaim)?.Value,
            [.. identity.FindAll(ScopeClaim).Select(claim => Enum.Parse<Scope>(claim.Value, ignoreCase: true))],
            key is null ? null : Guid.Parse(key),
            identity.FindFirst(SessionClaim)?.Value);
    }

    /// <summary>The viewer as the identity of a page session.</summary>
    public ClaimsPrincipal ToPrincipal() => new(new ClaimsIdentity(
        [
            new Claim(AccountClaim, AccountId.ToString()),
            new Claim(ClaimTypes.Actor, Actor.Kind.ToString()),
            new Claim(ActorIdClaim, Actor.Id),
            .. Optional(ActorNameClaim, Actor.Name),
            .. Optional(ProjectClaim, Project),
            .. Optional(KeyClaim, KeyId?.ToString()),
            .. Scopes.Select(scope => new Claim(ScopeClaim, PagePolicies.WordOf(scope))),
        ],
        PageSession.Scheme,
        ActorNameClaim,
        roleType: null));

    private static IEnumerable<Claim> Optional(string type, string? value) => value is null ? [] : [new Claim(type, value)];
}
