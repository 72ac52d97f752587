namespace Ledger.Http.Errors;

/// <summary>The native interface's errors: RFC 9457 <c>application/problem+json</c> (http.md).</summary>
public sealed class ProblemEnvelope : IErrorEnvelope
{
    private const string TypePrefix = "https://ledger.invalid/problems/";

    public IResult Write(RequestRejected rejected) => TypedResults.Problem(
        detail: rejected.Message,
        statusCode: rejected.Status,
        type: TypePrefix + rejected.Code,
        title: Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(rejected.Status),
        extensions: rejected.Members.Select(member => KeyValuePair.Create(member.Key, member.Value)));
}
