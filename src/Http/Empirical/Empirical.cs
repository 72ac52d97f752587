using System.Buffers.Binary;
using System.Text;
using Microsoft.Extensions.Primitives;
using Microsoft.OpenApi;

namespace Ledger.Http.Empirical;

/// <summary>
/// Empirical's interface. Errors are <c>{data: null, error: {message}}</c>, but a bare <c>{message}</c> with 412, the refusal of a cancel.
/// </summary>
public sealed class EmpiricalEnvelope() : Envelope("/api/test-runs", "/api/v2/test-runs", "/api/v2/analytics")
{
    protected override object Body(Failure failure) => failure.Status == StatusCodes.Status412PreconditionFailed
        ? new EmpiricalMessage(failure.Message)
        : new EmpiricalError(null, new EmpiricalMessage(failure.Message));
}

public sealed record EmpiricalError(object? Data, EmpiricalMessage Error);

/// <summary>A sentence for people.</summary>
public sealed record EmpiricalMessage(string Message);

/// <summary>What most answers are wrapped in.</summary>
public sealed record EmpiricalData<T>(T Data);

/// <summary>A project as this dialect knows it.</summary>
/// <param name="Name">The name that the ledger has for it; null for the account's default project.</param>
/// <param name="Number">Its integer: 0 for the default project, see <see cref="StableNumber"/> for all others.</param>
public sealed record EmpiricalProject(string? Name, int Number)
{
    /// <summary>The header that names a project where the key is bound to none.</summary>
    public const string Header = "x-project-id";

    private const string Member = "project_id";

    /// <summary>What its settings and tags call it.</summary>
    public string ShownName => Name ?? ProjectChecks.DefaultProject;

    /// <summary>
    /// The project that a request is about: the key's own, else the one that the header names, else the account's default one. Bodies and
    /// queries cannot choose it, only agree with it.
    /// </summary>
    /// <exception cref="RequestRejected">400 for what is no integer, or for another project than the key's.</exception>
    public static EmpiricalProject Of(Caller caller, HttpRequest request)
    {
        var named = Integer(request.Headers[Header], $"The header {Header}");
        var project = (caller.Project, named) switch
        {
            ({ } own, _) => new EmpiricalProject(own, StableNumber.Of(own)),
            (null, null or 0) => new EmpiricalProject(null, 0),
            (null, { } number) => new EmpiricalProject(number.ToString(CultureInfo.InvariantCulture), number),
        };
        project.RejectOther(named, $"The header {Header}");
        project.RejectOther(Integer(request.Query[Member], $"'{Member}'"), $"'{Member}'");
        return project;
    }

    /// <summary>Holds the integer in a body, if there is one, against the project.</summary>
    /// <exception cref="RequestRejected">400 for another project.</exception>
    public void RejectOther(long? named) => RejectOther(named, $"'{Member}'");

    private void RejectOther(long? named, string what)
    {
        if (named is { } number && number != Number)
        {
            throw RequestRejected.BadRequest($"{what} names another project than the one that the request is about.");
        }
    }

    private static int? Integer(StringValues texts, string what)
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

/// <summary>Describes the header that names the project.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ProjectHeaderAttribute() : RequestParameterAttribute(
    EmpiricalProject.Header,
    ParameterLocation.Header,
    JsonSchemaType.String,
    "The integer of the project; the key's own, or the account's default one when absent.");

/// <summary>
/// The integer that this dialect has for something which the ledger knows by name, a project or an environment. A name that is a positive
/// 31-bit decimal integer is its own; any other has the first 31 bits of its SHA-256. The same on every host and for ever, and nothing
/// needs to be stored for it.
/// </summary>
public static class StableNumber
{
    public static int Of(string name)
    {
        if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 && name[0] != '0')
        {
            return number;
        }

        var hash = BinaryPrimitives.ReadInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name))) & int.MaxValue;
        return Math.Max(hash, 1);
    }
}

/// <summary>Finds test runs by the integer in the path, which is their session's number.</summary>
public static class TestRuns
{
    /// <summary>The test run as of now. What belongs to another account or project is answered exactly as unknown.</summary>
    /// <exception cref="RequestRejected">400 for a malformed id or project, 404 when the project has no such run.</exception>
    public static async Task<SessionSnapshot> FindAsync(this PlainRunSessions runs, Caller caller, HttpRequest request, string id)
    {
        var number = Number(id);
        var project = EmpiricalProject.Of(caller, request);
        return number is { } known
            && await runs.FindAsync(caller, known, request.HttpContext.RequestAborted) is { } run
            && run.Session.Project == project.Name
            ? run
            : throw RequestRejected.NotFound($"Test run {id} was not found.");
    }

    /// <summary>The integer of a run; null for one that is too large for any.</summary>
    /// <exception cref="RequestRejected">400 for what is no integer from 1 on.</exception>
    public static long? Number(string id)
    {
        if (id.Length == 0 || !id.All(char.IsAsciiDigit) || id.All(digit => digit == '0'))
        {
            throw RequestRejected.BadRequest("The id of a test run must be an integer from 1 on.");
        }

        return long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
