using System.Globalization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Microsoft.Extensions.Primitives;

namespace Ledger.Http.Dialects.Empirical.Projects;

/// <summary>
/// The project that a request is about: the key's own, else the one that the header names, else the account's default one. Bodies and
/// queries cannot choose it, only agree with it (wire.md 6).
/// </summary>
public static class ProjectScope
{
    public const string Header = "x-project-id";

    private const string Member = "project_id";

    /// <summary>The project of a request, with the integer in its query, if there is one, held against it.</summary>
    /// <exception cref="RequestRejected">400 for what is no integer, or for another project than the key's.</exception>
    public static EmpiricalProject ProjectOf(this HttpContext context)
    {
        var named = Number(context.Request.Headers[Header], $"The header {Header}");
        var own = context.Key().Project;
        var project = (own, named) switch
        {
            (not null, _) => EmpiricalProject.Of(own),
            (null, null or 0) => EmpiricalProject.Default,
            (null, { } number) => new EmpiricalProject(number.ToString(CultureInfo.InvariantCulture), number),
        };
        project.RejectOther(named, $"The header {Header}");
        project.RejectOther(Number(context.Request.Query[Member], $"'{Member}'"), $"'{Member}'");
        return project;
    }

    /// <summary>Holds the integer in a body, if there is one, against the scope.</summary>
    /// <exception cref="RequestRejected">400 for another project.</exception>
    public static void RejectOther(this EmpiricalProject scope, long? named) => scope.RejectOther(named, $"'{Member}'");

    private static void RejectOther(this EmpiricalProject scope, long? named, string what)
    {
        if (named is { } number && number != scope.Number)
        {
            throw RequestRejected.BadRequest($"{what} names another project than the one that the request is about.");
        }
    }

    private static int? Number(StringValues texts, string what)
    {
        if (texts.Count == 0)
        {
            return null;
        }

        return int.TryParse(texts.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw RequestRejected.BadRequest($"{what} must be the integer of a project.");
    }
}
