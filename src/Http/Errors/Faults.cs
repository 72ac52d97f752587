using Microsoft.AspNetCore.Connections;

namespace Ledger.Http.Errors;

/// <summary>
/// Turns whatever a request fails with into a problem in the form of its dialect. No input yields a 500. Not the framework's exception
/// handler, for that takes away the headers which were set before, and callers are told where they stand with every answer.
/// </summary>
public sealed class Faults(RequestDelegate next, IProblemDetailsService problems, ILogger<Faults> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            RejectNul(context.Request);
            await next(context);
        }
        catch (Exception end) when (end is ConnectionResetException
            || (end is OperationCanceledException && context.RequestAborted.IsCancellationRequested))
        {
            // The caller has gone; nobody reads an answer.
        }
        catch (Exception failure) when (!context.Response.HasStarted)
        {
            var rejected = Translate(failure, context);
            if (rejected.RetryAfterSeconds is { } seconds)
            {
                context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            }

            if (rejected.Status == StatusCodes.Status401Unauthorized)
            {
                context.Response.Headers.WWWAuthenticate = ApiKeyHandler.Challenge;
            }

            context.Response.StatusCode = rejected.Status;
            await problems.WriteAsync(new ProblemDetailsContext { HttpContext = context, ProblemDetails = rejected.ToProblem() });
        }
    }

    private static void RejectNul(HttpRequest request)
    {
        if (request.Path.Value!.Contains('\0', StringComparison.Ordinal)
            || (request.QueryString.HasValue && request.Query.Any(entry =>
                entry.Key.Contains('\0', StringComparison.Ordinal)
                || entry.Value.Any(value => value?.Contains('\0', StringComparison.Ordinal) is true))))
        {
            throw RequestRejected.BadRequest("A NUL character is not allowed in the address.");
        }
    }

    private RequestRejected Translate(Exception failure, HttpContext context)
    {
        switch (Database.Explain(failure))
        {
            case RequestRejected rejected:
                return rejected;
            case UnstorableEventException:
                return RequestRejected.BadRequest("The request holds a value that cannot be stored, such as a number out of range.");
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return RequestRejected.TooLarge("The body is too large.");
            case BadHttpRequestException bad:
                return new RequestRejected(bad.StatusCode, "bad-request", "The request could not be read.");
            case IOException { InnerException: OverflowException }:
                return RequestRejected.BadRequest("The request could not be read."); // So the server takes a chunk whose size is beyond all bounds.
            case { } race when Database.IsConflict(race):
                return new RequestRejected(
                    StatusCodes.Status409Conflict, "conflict", "Somebody else changed this at the same moment; read it again first.");
            case StoreUnavailableException:
                logger.LogWarning(failure, "The database is out of reach for {Method} {Path}", context.Request.Method, PathOf(context));
                return RequestRejected.Unavailable();
            default:
                logger.LogError(failure, "{Method} {Path} failed", context.Request.Method, PathOf(context));
                return new RequestRejected(StatusCodes.Status500InternalServerError, "fault", "The ledger failed; the fault is in its log.");
        }
    }

    /// <summary>The path for the log, without the secret that some addresses hold.</summary>
    private static string PathOf(HttpContext context) => context.GetRouteValue("secret") is string { Length: > 0 } secret
        ? context.Request.Path.Value!.Replace(secret, "…", StringComparison.Ordinal)
        : context.Request.Path.Value!;
}
