namespace Ledger.Http.Errors;

/// <summary>
/// The request cannot be served as it is. Thrown where the fault is found and written in one place, in the envelope of the dialect that the
/// request came in.
/// </summary>
/// <param name="status">The HTTP status, 4xx or 503.</param>
/// <param name="code">A stable word for programs, such as <c>nothing-to-cancel</c>; envelopes without a place for it leave it out.</param>
/// <param name="message">One sentence for people.</param>
public sealed class RequestRejected(int status, string code, string message) : Exception(message)
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    /// <summary>Further members of the native problem document; a dialect writes those that it knows.</summary>
    public IReadOnlyDictionary<string, object?> Members { get; init; } = new Dictionary<string, object?>(StringComparer.Ordinal);

    /// <summary>When to try again, in whole seconds; for 408, 429 and 503.</summary>
    public int? RetryAfterSeconds { get; init; }

    public static RequestRejected BadRequest(string message) => new(StatusCodes.Status400BadRequest, "bad-request", message);

    public static RequestRejected Unauthorized() => new(StatusCodes.Status401Unauthorized, "unauthorized", "Bad Token");

    public static RequestRejected Forbidden(string message) => new(StatusCodes.Status403Forbidden, "forbidden", message);

    public static RequestRejected NotFound(string message) => new(StatusCodes.Status404NotFound, "not-found", message);

    /// <summary>503: the database is out of reach, or what was asked for is not there yet.</summary>
    public static RequestRejected Unavailable(string code = "unavailable", string message = "The database cannot be reached; please retry.") =>
        new(StatusCodes.Status503ServiceUnavailable, code, message) { RetryAfterSeconds = 1 };

    public static RequestRejected TooLarge(string message) => new(StatusCodes.Status413PayloadTooLarge, "too-large", message);

    public static RequestRejected TooMany(int retryAfterSeconds) =>
        new(StatusCodes.Status429TooManyRequests, "too-many-requests", "Too Many Requests") { RetryAfterSeconds = retryAfterSeconds };

    /// <summary>The same as a problem, which the dialect of the request writes in its own form.</summary>
    public ProblemDetails ToProblem() => new()
    {
        Type = NativeProblems.TypeOf(Code),
        Status = Status,
        Detail = Message,
        Extensions = new Dictionary<string, object?>(Members, StringComparer.Ordinal),
    };
}
