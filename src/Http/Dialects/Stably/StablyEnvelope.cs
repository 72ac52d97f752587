using Ledger.Http.Errors;

namespace Ledger.Http.Dialects.Stably;

/// <summary>Stably's errors: <c>{error}</c> and nothing else (wire.md 7).</summary>
public sealed class StablyEnvelope : IErrorEnvelope
{
    public IResult Write(RequestRejected rejected) =>
        TypedResults.Json(new StablyError(rejected.Message), StablyJson.Options, statusCode: rejected.Status);
}

/// <summary>An error.</summary>
public sealed record StablyError(string Error);
