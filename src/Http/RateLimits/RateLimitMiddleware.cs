using Ledger.Http.Access;
using Ledger.Http.Errors;

namespace Ledger.Http.RateLimits;

/// <summary>Answers 429 with <c>Retry-After</c> past the limit, and tells every caller where it stands (http.md).</summary>
internal sealed class RateLimitMiddleware(RequestDelegate next, RateWindows windows)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        if (endpoint?.Metadata.GetMetadata<RequiredScopes>() is not null)
        {
            var limit = endpoint.Metadata.GetMetadata<RateLimit>() ?? RateLimit.General;
            var verdict = windows.Take(CallerOf(context, limit), limit);
            var headers = context.Response.Headers;
            headers["RateLimit-Policy"] = $"\"{limit.Class}\";q={verdict.Requests};w={verdict.Seconds}";
            headers["RateLimit"] = $"\"{limit.Class}\";r={verdict.Remaining};t={verdict.ResetSeconds}";
            if (!verdict.IsAllowed)
            {
                throw new RequestRejected(StatusCodes.Status429TooManyRequests, "too-many-requests", "Too Many Requests")
                {
                    RetryAfterSeconds = verdict.ResetSeconds,
                };
            }
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
