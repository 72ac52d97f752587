using System.Text.Json.Serialization;
using Ledger.Http.Errors;
using Microsoft.AspNetCore.WebUtilities;

namespace Ledger.Http.Dialects.Checkly;

/// <summary>Checkly's errors: <c>{statusCode, error, message}</c>, always with all three (wire.md 3).</summary>
public sealed class ChecklyEnvelope : IErrorEnvelope
{
    /// <summary>Of a rejection's members the one that clients of this dialect know (wire.md 4).</summary>
    public const string ErrorCode = "errorCode";

    private const string RequestTimeout = "Request Time-out";

    public IResult Write(RequestRejected rejected) => TypedResults.Json(
        new ChecklyError(
            rejected.Status,
            rejected.Status == StatusCodes.Status408RequestTimeout
                ? RequestTimeout
                : ReasonPhrases.GetReasonPhrase(rejected.Status),
            rejected.Message,
            rejected.Members.GetValueOrDefault(ErrorCode) as string),
        ChecklyJson.Options,
        statusCode: rejected.Status);
}

/// <summary>An error.</summary>
/// <param name="StatusCode">The HTTP status.</param>
/// <param name="Error">Its reason phrase.</param>
/// <param name="Message">One sentence for people.</param>
/// <param name="ErrorCode">A word for the command line; absent but for one answer (wire.md 4.2).</param>
public sealed record ChecklyError(
    int StatusCode,
    string Error,
    string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ErrorCode = null);
