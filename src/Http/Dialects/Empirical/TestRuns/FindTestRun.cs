using System.Globalization;
using Ledger.Http.Access;
using Ledger.Http.Dialects.Empirical.Projects;
using Ledger.Http.Errors;
using Ledger.Http.PlainRuns;
using Ledger.Streams;

namespace Ledger.Http.Dialects.Empirical.TestRuns;

/// <summary>
/// Finds a test run by the integer in the path, which is its session's number (http.md). What belongs to another account or project is
/// answered exactly as unknown (wire.md 2.3).
/// </summary>
public static class FindTestRun
{
    /// <summary>The integer in the path; null for one that is too large for any run.</summary>
    /// <exception cref="RequestRejected">400 for what is no integer from 1 on.</exception>
    public static long? Number(string id)
    {
        if (id.Length == 0 || !id.All(char.IsAsciiDigit) || id.All(digit => digit == '0'))
        {
            throw RequestRejected.BadRequest("The id of a test run must be an integer from 1 on.");
        }

        return long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    /// <summary>The test run as of now.</summary>
    /// <exception cref="RequestRejected">400 for a malformed id or scope, 404 when the project has no such run.</exception>
    public static async Task<SessionSnapshot> ByIdAsync(HttpContext context, string id, PlainRunSessions runs)
    {
        var number = Number(id);
        var project = context.ProjectOf();
        return number is { } known
            && await runs.FindAsync(context.Key().AccountId, known, context.RequestAborted) is { } run
            && run.Session.Project == project.Name
            ? run
            : throw RequestRejected.NotFound($"Test run {id} was not found.");
    }
}
