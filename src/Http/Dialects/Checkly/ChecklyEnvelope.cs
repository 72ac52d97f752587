using Ledger.Http.Errors;
using Microsoft.AspNetCore.WebUtilities;

namespace Ledger.Http.Dialects.Checkly;

/// <summary>Checkly's errors: <c>{statusCode, error, message}</c>, always with all three (wire.md 3).</summary>
internal sealed class ChecklyEnvelope : IErrorEnvelope
{
    private const string RequestTimeout = "Request Time-out";

    public IResult Write(RequestRejected rejected) => TypedResults.Json(
        new ChecklyError(
            rejected.Status,
            rejected.Status == StatusCodes.Status408RequestTimeout
                ? RequestTimeout
                : ReasonPhrases.GetReasonPhrase(rejected.Status),
            rejected.Message),
        ChecklyJson.Options,
        statusCode: rejected.Status);
}

/// <summary>An error.</summary>
internal sealed record ChecklyError(int StatusCode, string Error, string Message);
