using Ledger.Http.Errors;

namespace Ledger.Http.Dialects.TesterArmy;

/// <summary>TesterArmy's errors: <c>{error, message}</c>, where <c>error</c> is a code (wire.md 8).</summary>
internal sealed class TesterArmyEnvelope : IErrorEnvelope
{
    public IResult Write(RequestRejected rejected) => TypedResults.Json(
        new TesterArmyError(CodeOf(rejected.Status), rejected.Message), TesterArmyJson.Options, statusCode: rejected.Status);

    private static string CodeOf(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "Unauthorized",
        StatusCodes.Status404NotFound => "NotFound",
        StatusCodes.Status409Conflict => "Conflict",
        StatusCodes.Status429TooManyRequests => "RateLimited",
        >= 500 => "InternalServerError",
        _ => "ValidationError",
    };
}

/// <summary>An error.</summary>
internal sealed record TesterArmyError(string Error, string Message);
