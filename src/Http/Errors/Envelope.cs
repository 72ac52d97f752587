using Microsoft.AspNetCore.WebUtilities;

namespace Ledger.Http.Errors;

/// <summary>
/// How a dialect writes errors. Whatever goes wrong (a refusal, bad JSON, a missing key, an unknown path, a fault) comes here as a problem,
/// and the dialect says it in its vendor's form. Which dialect it is follows from the path alone, for unknown paths have no route.
/// </summary>
/// <param name="prefixes">The paths under which everything is the dialect's own, without a final slash.</param>
public abstract class Envelope(params IReadOnlyList<PathString> prefixes) : IProblemDetailsWriter
{
    /// <summary>Whether a path is the dialect's.</summary>
    public virtual bool Claims(PathString path) => prefixes.Any(prefix => path.StartsWithSegments(prefix));

    public bool CanWrite(ProblemDetailsContext context) => Claims(context.HttpContext.Request.Path);

    public ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var response = context.HttpContext.Response;
        var problem = context.ProblemDetails;
        var status = StatusOf(problem.Status ?? response.StatusCode);
        response.StatusCode = status;
        var failure = new Failure(status, problem.Detail ?? Words(status, context.HttpContext.Request.Path), problem.Extensions);
        return new ValueTask(response.WriteAsJsonAsync<object>(Body(failure), Json.Options, context.HttpContext.RequestAborted));
    }

    /// <summary>What the answer holds.</summary>
    protected abstract object Body(Failure failure);

    /// <summary>The status in a dialect that does not know all of them.</summary>
    protected virtual int StatusOf(int status) => status;

    /// <summary>What a dialect says where nobody has said more, of an unknown path for instance.</summary>
    protected virtual string Words(int status, PathString path) => Words(status);

    /// <summary>What is said where nobody has said more.</summary>
    public static string Words(int status) => status == StatusCodes.Status401Unauthorized ? "Bad Token" : ReasonPhrases.GetReasonPhrase(status);
}

/// <summary>What a dialect has to say.</summary>
/// <param name="Status">The status that is answered.</param>
/// <param name="Message">One sentence for people.</param>
/// <param name="Members">Further members; a dialect writes those that it knows.</param>
public sealed record Failure(int Status, string Message, IDictionary<string, object?> Members);
