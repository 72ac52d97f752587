using Ledger.Http.Access;
using Ledger.Http.Errors;

namespace Ledger.Http.RateLimits;

/// <summary>Answers 429 with <c>Retry-After</c> past the limit, and tells every caller where it stands (http.md).</summary>
public sealed class RateLimitMiddleware(RequestDelegate next, RateWindows windows)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        if (endpoint?.Metadata.GetMetadata<RequiredScopes>() is not null)
        {
            var limit = endpoint.Metadata.GetMetadata<RateLimit>() ?? RateLimit.General;
            windows.Admit(context.Response, CallerOf(context, limit), limit);
        }

        await next(context);
    }

    private static string CallerOf(HttpContext context, RateLimit limit)
    {
        var key = context.Key().Id.ToString();
        return ReferenceEquals(limit, RateLimit.Runner)
            ? $"{key} {context.GetRouteValue("runnerId") ?? context.Request.Headers["Ledger-Runner"].ToString()}"
            : key;
    }
}

public static class RateLimitExtensions
{
    /// <summary>Counts a request against its caller's window, and tells the caller where it stands.</summary>
    /// <exception cref="RequestRejected">429 past the limit.</exception>
    public static void Admit(this RateWindows windows, HttpResponse response, string caller, RateLimit limit)
    {
        var verdict = windows.Take(caller, limit);
        response.Headers["RateLimit-Policy"] = $"\"{limit.Class}\";q={verdict.Requests};w={verdict.Seconds}";
        response.Headers["RateLimit"] = $"\"{limit.Class}\";r={verdict.Remaining};t={verdict.ResetSeconds}";
        if (!verdict.IsAllowed)
        {
            throw new RequestRejected(StatusCodes.Status429TooManyRequests, "too-many-requests", "Too Many Requests")
            {
                RetryAfterSeconds = verdict.ResetSeconds,
            };
        }
    }
}
