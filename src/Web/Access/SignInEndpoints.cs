using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ledger.Web.Access;

/// <summary>What signing in and out needs beside its page.</summary>
internal static class SignInEndpoints
{
    public static void MapSignIn(this IEndpointRouteBuilder app)
    {
        app.MapGet("/sign-in/session", static async (HttpContext context) =>
            (await context.AuthenticateAsync(PageSession.Scheme)).Succeeded ? Results.NoContent() : Results.Ok())
            .AllowAnonymous().ExcludeFromDescription();

        app.MapGet("/sign-in/oidc", static (string? returnUrl, WebSettings settings) => settings.Oidc is not null
            ? Results.Challenge(new AuthenticationProperties { RedirectUri = LocalUrl.Of(returnUrl) }, [Oidc.Scheme])
            : Results.NotFound()).AllowAnonymous().ExcludeFromDescription();

        app.MapPost("/sign-out", static async (HttpContext context, IAntiforgery antiforgery) =>
        {
            if (!await antiforgery.IsRequestValidAsync(context))
            {
                return Results.BadRequest();
            }

            await context.SignOutAsync(PageSession.Scheme);
            return Results.Redirect(SignInPage.Path);
        }).RequireAuthorization(PagePolicies.Any).ExcludeFromDescription();
    }
}

/// <summary>How often somebody may try a key: by address, and decided before the database is asked.</summary>
public sealed class SignInAttempts : IDisposable
{
    /// <summary>The longest secret that is looked at, in characters.</summary>
    public const int LongestSecret = 512;

    private static readonly FixedWindowRateLimiterOptions Window = new() { PermitLimit = 30, Window = TimeSpan.FromMinutes(1) };

    private readonly PartitionedRateLimiter<HttpContext> limiter = PartitionedRateLimiter.Create<HttpContext, string>(
        context => RateLimitPartition.GetFixedWindowLimiter(context.Connection.RemoteIpAddress?.ToString() ?? "", _ => Window));

    /// <summary>Counts an attempt. Null when it may go on, else the whole seconds to wait.</summary>
    public int? WaitFor(HttpContext context)
    {
        using var lease = limiter.AttemptAcquire(context);
        return lease.IsAcquired ? null
            : lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? (int)Math.Ceiling(wait.TotalSeconds) : 60;
    }

    public void Dispose() => limiter.Dispose();
}
