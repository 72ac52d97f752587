namespace Ledger.Runner.Wire;

/// <summary>What a call came to, as far as the caller has to decide what to do next.</summary>
internal enum Outcome
{
    /// <summary>2xx.</summary>
    Accepted,

    /// <summary>Final: asking again would change nothing.</summary>
    Refused,

    /// <summary>No answer, 408, 429 or 5xx: ask again later.</summary>
    Unavailable,
}

/// <summary>The ledger's answer to one call.</summary>
/// <param name="Outcome">What it came to.</param>
/// <param name="Status">The HTTP status; 0 when there was no answer.</param>
/// <param name="Value">The body of an accepted call, if it had one.</param>
/// <param name="Problem">Why it was not accepted, in one line.</param>
/// <param name="RetryAfter">How long the ledger asked to wait.</param>
internal readonly record struct Answer<T>(Outcome Outcome, int Status, T? Value, string? Problem, TimeSpan? RetryAfter)
    where T : class
{
    /// <summary>The ledger no longer lets this runner act on the run: revoked, leased to another, or unknown.</summary>
    public bool IsDisowned => Status is 401 or 403 or 404 or 410;
}
