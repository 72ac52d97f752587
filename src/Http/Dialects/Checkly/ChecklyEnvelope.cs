using System.Text.Json.Serialization;
using Ledger.Http.Errors;
using Microsoft.AspNetCore.WebUtilities;

namespace Ledger.Http.Dialects.Checkly;

/// <summary>
/// Checkly's errors: <c>{statusCode, error, message}</c>, always with all three. A path that is nobody else's is Checkly's: register this last.
/// </summary>
public sealed class ChecklyEnvelope : Envelope
{
    /// <summary>Of a rejection's members the one that clients of this dialect know.</summary>
    public const string ErrorCode = "errorCode";

    private const string RequestTimeout = "Request Time-out";

    public override bool Claims(PathString path) => true;

    protected override object Body(Failure failure) => new ChecklyError(
        failure.Status,
        failure.Status == StatusCodes.Status408RequestTimeout ? RequestTimeout : ReasonPhrases.GetReasonPhrase(failure.Status),
        failure.Message,
        failure.Members.TryGetValue(ErrorCode, out var code) ? code as string : null);
}

/// <summary>An error.</summary>
/// <param name="StatusCode">The HTTP status.</param>
/// <param name="Error">Its reason phrase.</param>
/// <param name="Message">One sentence for people.</param>
/// <param name="ErrorCode">A word for the command line; absent but for one answer.</param>
public sealed record ChecklyError(
    int StatusCode,
    string Error,
    string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ErrorCode = null);
