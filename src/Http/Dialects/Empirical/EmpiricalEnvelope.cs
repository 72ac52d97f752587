using Ledger.Http.Errors;

namespace Ledger.Http.Dialects.Empirical;

/// <summary>Empirical's errors: <c>{data: null, error: {message}}</c>, but a bare <c>{message}</c> with 412.</summary>
public sealed class EmpiricalEnvelope() : Envelope("/api/test-runs", "/api/v2/test-runs", "/api/v2/analytics")
{
    protected override object Body(Failure failure) => failure.Status == StatusCodes.Status412PreconditionFailed
        ? new EmpiricalMessage(failure.Message)
        : new EmpiricalError(null, new EmpiricalMessage(failure.Message));
}

/// <summary>An error.</summary>
public sealed record EmpiricalError(object? Data, EmpiricalMessage Error);

/// <summary>A sentence for people.</summary>
public sealed record EmpiricalMessage(string Message);
