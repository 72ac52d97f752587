using System.Security.Claims;
using System.Text.Json;
using Ledger.Access;
using Ledger.Sessions;
using Marten;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Ledger.Web.Access;

/// <summary>An identity provider that people sign in with, under <c>Ledger:Oidc</c> (docs/web.md#openid-connect).</summary>
public sealed class OidcSettings
{
    /// <summary>Its address; there is none when it is absent.</summary>
    public string? Authority { get; set; }

    /// <summary>What the provider knows the ledger as.</summary>
    public string? ClientId { get; set; }

    /// <summary>The secret of the client.</summary>
    public string? ClientSecret { get; set; }

    /// <summary>What the button on the sign-in page calls it.</summary>
    public string Name { get; set; } = "single sign-on";

    /// <summary>The scopes to ask the provider for, beside <c>openid</c> and <c>profile</c>.</summary>
    public string[] RequestScopes { get; set; } = [];

    /// <summary>The claim that names the account by its id.</summary>
    public string AccountClaim { get; set; } = "ledger_account";

    /// <summary>The account of people for whom the provider names none; nobody without a claim is let in when it is absent.</summary>
    public string? Account { get; set; }

    /// <summary>The claim that names what a person may do: the ledger's scopes, several times or separated by spaces.</summary>
    public string ScopesClaim { get; set; } = "ledger_scopes";

    /// <summary>What people may do for whom the provider says nothing of it.</summary>
    public string[] Scopes { get; set; } = [];

    /// <summary>The claim that names the project that a person is bound to.</summary>
    public string ProjectClaim { get; set; } = "ledger_project";

    /// <summary>The claim with the person's name, as the audit names them.</summary>
    public string NameClaim { get; set; } = "name";

    /// <summary>What is wrong with the settings, in one sentence; null when nothing is.</summary>
    public string? Fault() => this switch
    {
        { Authority: null, ClientId: null, ClientSecret: null } => null,
        { Authority: null } or { ClientId: null } => "Ledger:Oidc needs both Authority and ClientId, or neither.",
        _ when !Uri.TryCreate(Authority, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") =>
            "Ledger:Oidc:Authority must be an absolute http or https address.",
        { Account: { } account } when !Guid.TryParse(account, out _) => "Ledger:Oidc:Account must be a uuid.",
        _ => Array.Find(Scopes, word => !Enum.TryParse<Scope>(word, ignoreCase: true, out _)) is { } unknown
            ? $"Ledger:Oidc:Scopes names '{unknown}', which is no scope."
            : null,
    };

    /// <summary>Why somebody is not let in, for them.</summary>
    public string WordsOf(SignInFailure why) => why switch
    {
        SignInFailure.Account => $"The provider does not say which account you belong to (claim '{AccountClaim}').",
        SignInFailure.UnknownAccount => $"The provider names an account that is not here (claim '{AccountClaim}').",
        SignInFailure.Scopes => $"The provider does not say what you may do (claim '{ScopesClaim}').",
        _ => "The provider did not let you in.",
    };

    /// <summary>The person that a provider names, as a viewer.</summary>
    /// <exception cref="UnusableIdentityException">The provider says too little of them.</exception>
    public Viewer ViewerOf(ClaimsPrincipal person)
    {
        var id = person.FindFirst("sub")?.Value ?? throw new UnusableIdentityException(SignInFailure.Refused);
        if (!Guid.TryParse(person.FindFirst(AccountClaim)?.Value ?? Account, out var account))
        {
            throw new UnusableIdentityException(SignInFailure.Account);
        }

        var words = person.FindAll(ScopesClaim).SelectMany(claim => claim.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
        var scopes = (words.Count > 0 ? words : [.. Scopes])
            .Select(word => Enum.TryParse<Scope>(word, ignoreCase: true, out var scope) ? scope : (Scope?)null)
            .OfType<Scope>().Distinct().ToList();
        return scopes.Count > 0
            ? new Viewer(account, new Actor(ActorKind.User, id, person.FindFirst(NameClaim)?.Value), person.FindFirst(ProjectClaim)?.Value, scopes, null)
            : throw new UnusableIdentityException(SignInFailure.Scopes);
    }
}

/// <summary>Why somebody whom a provider sends back is not let in. The sign-in page says it in words of its own: an address could hold anything.</summary>
public enum SignInFailure
{
    /// <summary>The provider did not let them in, or the answer was not its own.</summary>
    Refused,

    /// <summary>It names no account.</summary>
    Account,

    /// <summary>It names an account that is not here.</summary>
    UnknownAccount,

    /// <summary>It names nothing that they may do.</summary>
    Scopes,
}

/// <summary>Who signed in with a provider cannot be let in, and why.</summary>
public sealed class UnusableIdentityException(SignInFailure why) : Exception($"The provider says too little: {why}.")
{
    /// <summary>Why.</summary>
    public SignInFailure Why { get; } = why;
}

/// <summary>Signing in with an identity provider: the authorization code flow with PKCE.</summary>
internal static class Oidc
{
    public const string Scheme = "oidc";
    public const string CallbackPath = "/sign-in/callback";

    public static void AddOidc(this IServiceCollection services, OidcSettings settings) => services.AddAuthentication().AddOpenIdConnect(Scheme, oidc =>
    {
        oidc.Authority = settings.Authority;
        oidc.ClientId = settings.ClientId;
        oidc.ClientSecret = settings.ClientSecret;
        oidc.SignInScheme = PageSession.Scheme;
        oidc.CallbackPath = CallbackPath;
        oidc.ResponseType = OpenIdConnectResponseType.Code;
        oidc.ResponseMode = OpenIdConnectResponseMode.Query; // A form from another site would come without cookies.
        oidc.CorrelationCookie.SameSite = oidc.NonceCookie.SameSite = SameSiteMode.Lax;
        oidc.CorrelationCookie.SecurePolicy = oidc.NonceCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        oidc.UsePkce = true;
        oidc.MapInboundClaims = false;
        oidc.SaveTokens = false;
        oidc.GetClaimsFromUserInfoEndpoint = true;
        oidc.ClaimActions.Clear();
        oidc.ClaimActions.Add(new AllOf(settings));
        oidc.RequireHttpsMetadata = settings.Authority!.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
        foreach (var scope in settings.RequestScopes)
        {
            oidc.Scope.Add(scope);
        }

        oidc.Events.OnTicketReceived = async context =>
        {
            try
            {
                var viewer = settings.ViewerOf(context.Principal!);
                await using var documents = context.HttpContext.RequestServices.GetRequiredService<IDocumentStore>().QuerySession();
                if (await documents.LoadAsync<Account>(viewer.AccountId, context.HttpContext.RequestAborted) is null)
                {
                    throw new UnusableIdentityException(SignInFailure.UnknownAccount);
                }

                context.Principal = viewer.ToPrincipal();
                context.Properties = new AuthenticationProperties { IsPersistent = true };
            }
            catch (UnusableIdentityException unusable)
            {
                context.Response.Redirect($"{SignInPage.Path}?failed={unusable.Why}");
                context.HandleResponse();
            }
        };
        oidc.Events.OnRemoteFailure = context =>
        {
            context.Response.Redirect($"{SignInPage.Path}?failed={SignInFailure.Refused}");
            context.HandleResponse();
            return Task.CompletedTask;
        };
    });

    /// <summary>Takes from the provider's answer about a person what the settings name.</summary>
    private sealed class AllOf(OidcSettings settings) : Microsoft.AspNetCore.Authentication.OAuth.Claims.ClaimAction("any", ClaimValueTypes.String)
    {
        public override void Run(JsonElement userData, ClaimsIdentity identity, string issuer)
        {
            foreach (var name in (string[])[settings.AccountClaim, settings.ScopesClaim, settings.ProjectClaim, settings.NameClaim])
            {
                if (identity.HasClaim(claim => claim.Type == name) || !userData.TryGetProperty(name, out var value))
                {
                    continue;
                }

                var values = value.ValueKind is JsonValueKind.Array ? value.EnumerateArray().Select(one => one.ToString()) : [value.ToString()];
                identity.AddClaims(values.Select(text => new Claim(name, text, ClaimValueTypes.String, issuer)));
            }
        }
    }
}
