using Ledger.Http.Errors;

namespace Ledger.Http.Dialects.Empirical;

/// <summary>Empirical's errors: <c>{data: null, error: {message}}</c>, but a bare <c>{message}</c> with 412 (wire.md 6, trap 13).</summary>
public sealed class EmpiricalEnvelope : IErrorEnvelope
{
    public IResult Write(RequestRejected rejected) => rejected.Status == StatusCodes.Status412PreconditionFailed
        ? TypedResults.Json(new EmpiricalMessage(rejected.Message), EmpiricalJson.Options, statusCode: rejected.Status)
        : TypedResults.Json(
            new EmpiricalError(null, new EmpiricalMessage(rejected.Message)), EmpiricalJson.Options, statusCode: rejected.Status);
}

/// <summary>An error.</summary>
public sealed record EmpiricalError(object? Data, EmpiricalMessage Error);

/// <summary>A sentence for people.</summary>
public sealed record EmpiricalMessage(string Message);
