using System.Threading.RateLimiting;

namespace Ledger.Http.RateLimits;

/// <summary>
/// Answers 429 with <c>Retry-After</c> past the limit, and tells every caller with a key where it stands. Of costly reads a key has only a few
/// under way: the next ones wait, and those beyond that are turned away, so that the searches of one caller keep nobody else waiting.
/// </summary>
public sealed class RateLimitMiddleware(RequestDelegate next, RateWindows windows, RateLimitSettings settings) : IDisposable
{
    // For each that is under way so many may wait.
    private const int WaitingForEach = 4;

    private readonly PartitionedRateLimiter<Guid> reads = PartitionedRateLimiter.Create<Guid, Guid>(
        key => RateLimitPartition.GetConcurrencyLimiter(key, _ => new ConcurrencyLimiterOptions
        {
            PermitLimit = settings.CostlyReads,
            QueueLimit = settings.CostlyReads * WaitingForEach,
        }));

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.User.Identity is not ApiKeyIdentity { Key: var key })
        {
            await next(context);
            return;
        }

        var endpoint = context.GetEndpoint()?.Metadata;
        var limit = endpoint?.GetMetadata<RateLimit>() ?? RateLimit.General;
        windows.Admit(context.Response, key.Id.ToString(), limit, limit.IsPerRunner ? RunnerOf(context) : null);
        if (endpoint?.GetMetadata<CostlyReadAttribute>() is null)
        {
            await next(context);
            return;
        }

        using var turn = await reads.AcquireAsync(key.Id, 1, context.RequestAborted);
        if (!turn.IsAcquired)
        {
            throw new RequestRejected(
                StatusCodes.Status429TooManyRequests, "too-many-reads", "Too many lists and reports of this key are under way; please retry.")
            {
                RetryAfterSeconds = 1,
            };
        }

        await next(context);
    }

    public void Dispose() => reads.Dispose();

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

/// <summary>A read whose cost grows with what the account has: a list, a search, a report, an export.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CostlyReadAttribute : Attribute;
