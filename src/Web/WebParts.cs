using Ledger.Streams;
using Ledger.Web.Access;
using Ledger.Web.Connection;
using Ledger.Web.Sessions;
using Ledger.Web.Shared;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor.Services;

namespace Ledger.Web;

/// <summary>The web page as the host composes it (docs/web.md).</summary>
public static class WebParts
{
    /// <summary>Adds what pages are made of. What they read and write is the host's own.</summary>
    public static void AddWeb(this IServiceCollection services, WebSettings settings)
    {
        services.AddSingleton(settings);
        services.AddRazorComponents().AddInteractiveServerComponents(circuits =>
        {
            circuits.DetailedErrors = false;
            circuits.DisconnectedCircuitMaxRetained = 50;
            circuits.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(3);
        });
        services.AddAntiforgery(forgery => forgery.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest);
        services.AddMudServices(mud => mud.SnackbarConfiguration.VisibleStateDuration = 6_000);
        services.AddCascadingAuthenticationState();
        services.AddScoped<ViewerState>();
        services.AddScoped<Shell>();
        services.AddScoped<AuthenticationStateProvider>(provider => provider.GetRequiredService<ViewerState>());
        services.AddPagePolicies();
        services.AddPageCookie();
        services.AddSingleton<SignInAttempts>();
        if (settings.Oidc is { } oidc)
        {
            services.AddOidc(oidc);
        }

        services.AddSingleton<TopicsOf>(PageChanges.TopicsOf);
        services.AddSingleton<PageChanges>();
        services.AddSingleton<Cancelling>();
    }

    /// <summary>Sends a browser that asks for nothing in particular to the first page. Before routing.</summary>
    public static void UseFirstPage(this WebApplication app) => app.Use((context, next) =>
    {
        if (context.Request.Path == "/" && !context.WebSockets.IsWebSocketRequest && PageRequests.IsBrowser(context.Request))
        {
            context.Response.Redirect(LocalUrl.Home);
            return Task.CompletedTask;
        }

        return next(context);
    });

    /// <summary>Serves pages as browsers want them. After routing, before authentication.</summary>
    public static void UsePages(this WebApplication app) => app.UseMiddleware<PageRequests>();

    /// <summary>Maps the pages and what they are made of.</summary>
    /// <param name="app">The host.</param>
    /// <param name="assets">The build's list of the files that pages need.</param>
    public static void MapWeb(this WebApplication app, string assets)
    {
        if (File.Exists(assets))
        {
            app.MapStaticAssets(assets).AllowAnonymous();
        }

        app.UseAntiforgery();
        app.MapSignIn();
        var pages = app.MapRazorComponents<App>().AddInteractiveServerRenderMode(server => server.ContentSecurityFrameAncestorsPolicy = null);
        if (File.Exists(assets))
        {
            pages.WithStaticAssets(assets);
        }

        // Whatever says nothing else needs somebody who is signed in: the connection of live pages too.
        pages.Add(endpoint =>
        {
            if (!endpoint.Metadata.Any(data => data is IAuthorizeData or IAllowAnonymous))
            {
                endpoint.Metadata.Add(new AuthorizeAttribute(PagePolicies.Any));
            }
        });
    }
}
