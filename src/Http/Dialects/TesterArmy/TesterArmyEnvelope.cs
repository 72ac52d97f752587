using Ledger.Http.Errors;

namespace Ledger.Http.Dialects.TesterArmy;

/// <summary>TesterArmy's errors: <c>{error, message}</c>, where <c>error</c> is a code.</summary>
public sealed class TesterArmyEnvelope() : Envelope(
    [.. Mounts.SelectMany(mount => (PathString[])[$"{mount}/runs", $"{mount}/batches", $"{mount}/tests", $"{mount}/groups"])])
{
    /// <summary>The code of a 409.</summary>
    public const string Conflict = "Conflict";

    /// <summary>The two mounts: the founding document's and the published description's.</summary>
    public static IReadOnlyList<string> Mounts { get; } = ["/v1", "/api/v1"];

    /// <summary>
    /// This interface knows neither 403 nor 503: a database that did not answer in time is its documented time limit, 504, and Retry-After
    /// goes with it.
    /// </summary>
    protected override int StatusOf(int status) => status switch
    {
        StatusCodes.Status403Forbidden => StatusCodes.Status401Unauthorized,
        StatusCodes.Status503ServiceUnavailable => StatusCodes.Status504GatewayTimeout,
        _ => status,
    };

    protected override object Body(Failure failure) => new TesterArmyError(
        failure.Status switch
        {
            StatusCodes.Status401Unauthorized => "Unauthorized",
            StatusCodes.Status404NotFound => "NotFound",
            StatusCodes.Status409Conflict => Conflict,
            StatusCodes.Status429TooManyRequests => "RateLimited",
            >= 500 => "InternalServerError",
            _ => "ValidationError",
        },
        failure.Message);
}

/// <summary>An error.</summary>
public sealed record TesterArmyError(string Error, string Message);
