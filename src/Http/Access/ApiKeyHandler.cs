using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Ledger.Http.Access;

/// <summary>
/// Authenticates by an API key, before ids and bodies are looked at, so that a probe without a key learns nothing. The scheme word is
/// matched in any case, and a bare key is accepted. Routes that need no key are not looked up, for they must answer while the database is
/// out of reach.
/// </summary>
public sealed class ApiKeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, Strangers strangers)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "key";

    /// <summary>The longest secret that is looked at, in characters.</summary>
    public const int LongestSecret = 512;

    /// <summary>What every answer 401 says of how to authenticate.</summary>
    public const string Challenge = "Bearer";

    private const string Word = "Bearer ";

    /// <summary>The key that a request names, as it came; empty when it names none.</summary>
    public static string SecretOf(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString().Trim();
        return header.StartsWith(Word, StringComparison.OrdinalIgnoreCase) ? header[Word.Length..].Trim() : header;
    }

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var secret = SecretOf(Request);
        if (secret.Length is 0 or > LongestSecret || Context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            return AuthenticateResult.NoResult();
        }

        return await strangers.FindAsync(secret, Context.Connection.RemoteIpAddress, Context.RequestAborted) is { } key
            ? AuthenticateResult.Success(new AuthenticationTicket(ApiKeyIdentity.PrincipalOf(key), SchemeName))
            : AuthenticateResult.Fail("The key is unknown, expired or revoked.");
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = Challenge;
        return base.HandleChallengeAsync(properties);
    }
}

/// <summary>A key that was shown, as the identity of a request.</summary>
public sealed class ApiKeyIdentity(ApiKey key) : ClaimsIdentity(
    [
        new Claim("key", key.Id.ToString()),
        new Claim("account", key.AccountId.ToString()),
        new Claim(DefaultNameClaimType, key.Name),
        .. key.Project is { } project ? [new Claim("project", project)] : Array.Empty<Claim>(),
        .. key.Scopes.Select(scope => new Claim(ScopeClaim, Scopes.Of(scope))),
    ],
    ApiKeyHandler.SchemeName)
{
    /// <summary>The type of the claims that hold scopes, one each.</summary>
    public const string ScopeClaim = "scope";

    // A key is read once a second: whatever comes with it meanwhile, and stays for hours, shares what it was read as.
    private static readonly ConditionalWeakTable<ApiKey, ClaimsPrincipal> Principals = [];

    public ApiKey Key { get; } = key;

    /// <summary>Who has shown this key. Shared by all requests that come with it, so that nobody may add to it.</summary>
    public static ClaimsPrincipal PrincipalOf(ApiKey key) =>
        Principals.GetValue(key, static shown => new ClaimsPrincipal(new ApiKeyIdentity(shown)));
}

/// <summary>How requests say who asks.</summary>
public static class ApiKeyExtensions
{
    /// <summary>The key that the request came with. Only on routes that need one.</summary>
    public static ApiKey Key(this HttpContext context) => context.User.Identity is ApiKeyIdentity identity
        ? identity.Key
        : throw new InvalidOperationException("This route requires no key.");

    /// <summary>Has the request act for a key that it did not send, such as that of a webhook.</summary>
    public static void SetKey(this HttpContext context, ApiKey key) => context.User = ApiKeyIdentity.PrincipalOf(key);
}
