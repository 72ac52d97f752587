using System.Collections.Concurrent;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Ledger.Access;
using Ledger.Store;
using Marten;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Web.Access;

/// <summary>Somebody's being signed in. The cookie holds a random word and nothing else; it is kept as its hash, as keys are.</summary>
/// <param name="Id">The SHA-256 of the word, in hexadecimal digits.</param>
/// <param name="Ticket">Who it is, as the cookie handler writes it.</param>
/// <param name="ExpiresAt">When it ends if nobody uses it.</param>
public sealed record PageSession(string Id, byte[] Ticket, DateTimeOffset ExpiresAt)
{
    /// <summary>The name of the authentication scheme.</summary>
    public const string Scheme = "page";

    /// <summary>How long nobody has to use it for it to end.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromHours(12);
}

/// <summary>Looked up before anybody knows whose they are.</summary>
public sealed class PageSessionDocuments : MartenRegistry
{
    public PageSessionDocuments() => For<PageSession>().SingleTenanted().Duplicate(session => session.ExpiresAt);
}

/// <summary>The page sessions of all hosts: who signs out, or whose key is revoked, is signed out on all of them.</summary>
public sealed class PageSessions(IDocumentStore store, TimeProvider clock) : ITicketStore
{
    private const int MaximumTrusted = 10_000;

    // A page that stays open asks every second.
    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, (bool IsAlive, long ReadAt)> trusted = new(StringComparer.Ordinal);

    /// <summary>Whether a session goes on, as of a few seconds ago at most.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<bool> IsAliveAsync(string id, CancellationToken cancellation)
    {
        if (trusted.TryGetValue(id, out var known) && clock.GetElapsedTime(known.ReadAt) < Trust)
        {
            return known.IsAlive;
        }

        var readAt = clock.GetTimestamp();
        await using var documents = store.QuerySession();
        var isAlive = await Database.RunAsync(() => documents.LoadAsync<PageSession>(id, cancellation)) is { } found && found.ExpiresAt > clock.GetUtcNow();
        if (trusted.Count >= MaximumTrusted)
        {
            trusted.Clear();
        }

        trusted[id] = (isAlive, readAt);
        return isAlive;
    }

    public async Task<string> StoreAsync(AuthenticationTicket ticket)
    {
        var word = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        await RenewAsync(word, ticket);
        return word;
    }

    public async Task RenewAsync(string key, AuthenticationTicket ticket)
    {
        var now = clock.GetUtcNow();
        await using var documents = store.LightweightSession();
        documents.DeleteWhere<PageSession>(session => session.ExpiresAt < now);
        documents.Store(new PageSession(HashOf(key), TicketSerializer.Default.Serialize(ticket), ticket.Properties.ExpiresUtc ?? now + PageSession.Idle));
        await Database.RunAsync(async () =>
        {
            await documents.SaveChangesAsync();
            return true;
        });
    }

    public async Task<AuthenticationTicket?> RetrieveAsync(string key)
    {
        await using var documents = store.QuerySession();
        var found = await Database.RunAsync(() => documents.LoadAsync<PageSession>(HashOf(key)));
        if (found is null || found.ExpiresAt <= clock.GetUtcNow() || TicketSerializer.Default.Deserialize(found.Ticket) is not { } ticket)
        {
            return null;
        }

        // For pages that stay open, which no cookie comes with any more.
        if (ticket.Principal.Identity is ClaimsIdentity identity && !identity.HasClaim(claim => claim.Type == Viewer.SessionClaim))
        {
            identity.AddClaim(new Claim(Viewer.SessionClaim, found.Id));
        }

        return ticket;
    }

    public async Task RemoveAsync(string key)
    {
        await using var documents = store.LightweightSession();
        var id = HashOf(key);
        trusted.TryRemove(id, out _);
        documents.Delete<PageSession>(id);
        await Database.RunAsync(async () =>
        {
            await documents.SaveChangesAsync();
            return true;
        });
    }

    private static string HashOf(string word) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(word)));
}

/// <summary>The cookie of a page session.</summary>
internal static class PageCookie
{
    public static void AddPageCookie(this IServiceCollection services)
    {
        services.AddSingleton<PageSessions>();
        services.AddAuthentication().AddCookie(PageSession.Scheme, cookie =>
        {
            cookie.Cookie.Name = "ledger-session";
            cookie.Cookie.HttpOnly = true;
            cookie.Cookie.SameSite = SameSiteMode.Strict;
            cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            cookie.ExpireTimeSpan = PageSession.Idle;
            cookie.SlidingExpiration = true;
            cookie.LoginPath = SignInPage.Path;
            cookie.AccessDeniedPath = NoAccessPage.Path;
            cookie.ReturnUrlParameter = SignInPage.ReturnUrlParameter;
            cookie.Events.OnValidatePrincipal = EndWithKeyAsync;
            cookie.Events.OnRedirectToLogin = RedirectPages;
        });
        services.AddOptions<CookieAuthenticationOptions>(PageSession.Scheme)
            .Configure<PageSessions>((cookie, sessions) => cookie.SessionStore = sessions);
    }

    /// <summary>A page session that was made from a key ends with it.</summary>
    private static async Task EndWithKeyAsync(CookieValidatePrincipalContext context)
    {
        if (Viewer.Of(context.Principal!) is { KeyId: { } id }
            && await context.HttpContext.RequestServices.GetRequiredService<ApiKeys>().FindByIdAsync(id, context.HttpContext.RequestAborted) is null)
        {
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(PageSession.Scheme);
        }
    }

    /// <summary>A connection that lost its session gets no page instead of an answer.</summary>
    private static Task RedirectPages(RedirectContext<CookieAuthenticationOptions> context)
    {
        if (context.Request.Path.StartsWithSegments("/_blazor"))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        }
        else
        {
            // Without the host, of which a proxy may have told us less than the browser knows.
            context.Response.Redirect(new Uri(context.RedirectUri).PathAndQuery);
        }

        return Task.CompletedTask;
    }
}
