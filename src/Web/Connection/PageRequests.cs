using Ledger.Web.Access;
using Ledger.Web.Shared;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace Ledger.Web.Connection;

/// <summary>
/// What browsers need around pages: headers that let a page load nothing but what this host serves, a page that says what failed, and one for
/// addresses that lead nowhere. Requests of programs pass untouched.
/// </summary>
public sealed class PageRequests(RequestDelegate next, ILogger<PageRequests> logger)
{
    // Components place elements by their style attributes; no script is ever written into a page.
    private const string ContentSecurityPolicy =
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; "
        + "base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    public async Task InvokeAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        var isPage = endpoint?.Metadata.GetMetadata<ComponentTypeMetadata>() is not null;
        if (!isPage && !(IsFallback(endpoint) && IsBrowser(context.Request) && context.Request.Path != Oidc.CallbackPath))
        {
            await next(context);
            return;
        }

        context.Response.OnStarting(static state => Protect(((HttpContext)state).Response.Headers), context);
        if (!isPage)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            await new RazorComponentResult<FaultDocument>(new { Title = "There is no such page" }).ExecuteAsync(context);
            return;
        }

        try
        {
            await next(context);
        }
        catch (Exception failure) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            var fault = Fault.Of(failure, logger);
            context.Response.Clear();
            context.Response.StatusCode = fault.IsOutage ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status500InternalServerError;
            await new RazorComponentResult<FaultDocument>(new { Title = "This page failed", Fault = fault }).ExecuteAsync(context);
        }
    }

    /// <summary>Whether a request comes from somebody who looks at pages: it asks for HTML and brings no key.</summary>
    public static bool IsBrowser(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && !request.Headers.ContainsKey(HeaderNames.Authorization)
        && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private static bool IsFallback(Endpoint? endpoint) => endpoint is RouteEndpoint { Order: int.MaxValue };

    private static Task Protect(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        headers.CacheControl = "no-store";
        return Task.CompletedTask;
    }
}
