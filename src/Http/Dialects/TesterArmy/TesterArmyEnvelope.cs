using Ledger.Http.Errors;

namespace Ledger.Http.Dialects.TesterArmy;

/// <summary>TesterArmy's errors: <c>{error, message}</c>, where <c>error</c> is a code (wire.md 8).</summary>
public sealed class TesterArmyEnvelope : IErrorEnvelope
{
    public IResult Write(RequestRejected rejected)
    {
        var status = StatusOf(rejected.Status);
        return TypedResults.Json(new TesterArmyError(CodeOf(status), rejected.Message), TesterArmyJson.Options, statusCode: status);
    }

    /// <summary>
    /// This interface knows neither 403 (wire.md 2.3) nor 503: a database that did not answer in time is its documented time limit, 504,
    /// and Retry-After goes with it.
    /// </summary>
    private static int StatusOf(int status) => status switch
    {
        StatusCodes.Status403Forbidden => StatusCodes.Status401Unauthorized,
        StatusCodes.Status503ServiceUnavailable => StatusCodes.Status504GatewayTimeout,
        _ => status,
    };

    private static string CodeOf(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "Unauthorized",
        StatusCodes.Status404NotFound => "NotFound",
        StatusCodes.Status409Conflict => Conflict,
        StatusCodes.Status429TooManyRequests => "RateLimited",
        >= 500 => "InternalServerError",
        _ => "ValidationError",
    };

    /// <summary>The code of a 409.</summary>
    public const string Conflict = "Conflict";
}

/// <summary>An error.</summary>
public sealed record TesterArmyError(string Error, string Message);
