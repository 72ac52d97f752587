using Microsoft.AspNetCore.WebUtilities;

namespace Ledger.Http.Errors;

/// <summary>
/// The native interface's errors: RFC 9457 <c>application/problem+json</c>, whatever the request accepts. The <c>type</c> ends with a stable
/// word for programs.
/// </summary>
public sealed class NativeProblems : IProblemDetailsWriter
{
    private const string TypePrefix = "https://ledger.invalid/problems/";

    private static readonly PathString[] Prefixes = ["/ledger", "/health", "/openapi", "/metrics"];

    /// <summary>Whether a path is native.</summary>
    public static bool Claims(PathString path) => Prefixes.Any(prefix => path.StartsWithSegments(prefix));

    /// <summary>The <c>type</c> for a word such as <c>nothing-to-cancel</c>.</summary>
    public static string TypeOf(string code) => TypePrefix + code;

    public bool CanWrite(ProblemDetailsContext context) => Claims(context.HttpContext.Request.Path);

    public ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var response = context.HttpContext.Response;
        var problem = context.ProblemDetails;
        var status = problem.Status ??= response.StatusCode;
        response.StatusCode = status;
        var reason = ReasonPhrases.GetReasonPhrase(status);
        problem.Title = reason;
        problem.Detail ??= Envelope.Words(status);
        if (problem.Type?.StartsWith(TypePrefix, StringComparison.Ordinal) is not true)
        {
            problem.Type = TypeOf(reason.Replace(' ', '-').ToLowerInvariant());
        }

        return new ValueTask(response.WriteAsJsonAsync(problem, Json.Options, "application/problem+json", context.HttpContext.RequestAborted));
    }
}
