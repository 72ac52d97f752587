using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Ledger.Web.Tests.Support;

/// <summary>A real provider with one client and one person, who has always signed in there already.</summary>
internal sealed class IdentityProvider : IAsyncDisposable
{
    public const string ClientId = "ledger";
    public const string ClientSecret = "the client's secret";

    private readonly WebApplication app;

    private IdentityProvider(WebApplication app) => this.app = app;

    public Uri Address { get; private set; } = null!;

    /// <summary>What it says of the person, beside the subject.</summary>
    private Dictionary<string, string> Claims { get; set; } = [];

    /// <summary>Whether a request for a code came with a challenge, as PKCE wants it.</summary>
    public bool HasSeenChallenge { get; private set; }

    public static async Task<IdentityProvider> StartAsync()
    {
        IdentityProvider? provider = null;
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddOpenIddict().AddServer(server =>
        {
            server.AllowAuthorizationCodeFlow().RequireProofKeyForCodeExchange();
            server.SetAuthorizationEndpointUris("authorize").SetTokenEndpointUris("token");
            server.RegisterScopes(Scopes.Profile);
            server.AddEphemeralEncryptionKey().AddEphemeralSigningKey();
            server.EnableDegradedMode();
            server.UseAspNetCore().DisableTransportSecurityRequirement();
            server.AddEventHandler<ValidateAuthorizationRequestContext>(on => on.UseInlineHandler(context =>
            {
                provider!.HasSeenChallenge = !string.IsNullOrEmpty(context.Request.CodeChallenge);
                if (context.ClientId != ClientId || context.RedirectUri?.EndsWith("/sign-in/callback", StringComparison.Ordinal) is not true)
                {
                    context.Reject(Errors.InvalidClient);
                }

                return default;
            }));
            server.AddEventHandler<ValidateTokenRequestContext>(on => on.UseInlineHandler(context =>
            {
                if (context.ClientId != ClientId || context.ClientSecret != ClientSecret)
                {
                    context.Reject(Errors.InvalidClient);
                }

                return default;
            }));
            server.AddEventHandler<HandleAuthorizationRequestContext>(on => on.UseInlineHandler(context =>
            {
                var person = new ClaimsIdentity("provider", "name", "role");
                person.SetClaim("sub", "grace");
                foreach (var (name, value) in provider!.Claims)
                {
                    person.SetClaim(name, value);
                }

                person.SetScopes(context.Request.GetScopes());
                person.SetDestinations(static _ => [Destinations.IdentityToken]);
                context.SignIn(new ClaimsPrincipal(person));
                return default;
            }));
        });
        var app = builder.Build();
        app.UseRouting();
        app.UseAuthentication();
        provider = new IdentityProvider(app);
        await app.StartAsync();
        provider.Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return provider;
    }

    /// <summary>From now on it says this of the person, and her name.</summary>
    public void Says(params IReadOnlyList<(string Claim, string Value)> claims) =>
        Claims = claims.Append(("name", "Grace Hopper")).ToDictionary(each => each.Item1, each => each.Item2, StringComparer.Ordinal);

    public async ValueTask DisposeAsync() => await app.DisposeAsync();
}
