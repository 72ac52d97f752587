using Ledger.Http.Access;
using Ledger.Http.Errors;

namespace Ledger.Http.RateLimits;

/// <summary>Answers 429 with <c>Retry-After</c> past the limit, and tells every caller with a key where it stands.</summary>
public sealed class RateLimitMiddleware(RequestDelegate next, RateWindows windows)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.User.Identity is ApiKeyIdentity { Key: var key })
        {
            var limit = context.GetEndpoint()?.Metadata.GetMetadata<RateLimit>() ?? RateLimit.General;
            windows.Admit(context.Response, key.Id.ToString(), limit, limit.IsPerRunner ? RunnerOf(context) : null);
        }

        return next(context);
    }

    private static string RunnerOf(HttpContext context) =>
        context.GetRouteValue("runnerId") as string ?? context.Request.Headers["Ledger-Runner"].ToString();
}

public static class RateLimitExtensions
{
    /// <summary>Counts a request against its caller's window, and tells the caller where it stands.</summary>
    /// <exception cref="RequestRejected">429 past the limit.</exception>
    public static void Admit(this RateWindows windows, HttpResponse response, string caller, RateLimit limit, string? runner = null)
    {
        var verdict = windows.Take(caller, limit, runner);
        response.Headers["RateLimit-Policy"] = $"\"{limit.Class}\";q={verdict.Requests};w={verdict.Seconds}";
        response.Headers["RateLimit"] = $"\"{limit.Class}\";r={verdict.Remaining};t={verdict.ResetSeconds}";
        if (!verdict.IsAllowed)
        {
            throw RequestRejected.TooMany(verdict.ResetSeconds);
        }
    }
}
