using System.Buffers.Binary;
using Ledger.Projections.CheckResults;
using Microsoft.AspNetCore.WebUtilities;

namespace Ledger.Http.Checkly;

/// <summary>
/// Checkly's public interface, and the part of it that its command line uses. Errors are <c>{statusCode, error, message}</c>, always with all
/// three. A path that is nobody else's is Checkly's: register this last.
/// </summary>
public sealed class ChecklyEnvelope : Envelope
{
    /// <summary>Of a rejection's members the one that clients of this dialect know.</summary>
    public const string ErrorCode = "errorCode";

    private const string RequestTimeout = "Request Time-out";

    /// <summary>What the command line asks for and the ledger has none of; its user is told so, and not only that nothing was found.</summary>
    private static readonly (PathString Path, string Sentence)[] NotServed =
    [
        ("/v1/variables", "The ledger keeps no environment variables of an account: set them in checks and groups, or with --env."),
        ("/v1/alert-channels", "Alert channels are the native interface's: /ledger/alert-channels."),
        ("/v1/accounts/me/members", "The ledger has keys and no members: /ledger/keys."),
        ("/v1/accounts", "The ledger has no plans."),
        ("/v1/usage", "The ledger counts no usage."),
        ("/v1/status-pages", "The ledger has no status pages and no incidents on them."),
        ("/v1/error-groups", "The ledger groups no errors."),
        ("/v1/test-session-error-groups", "The ledger groups no errors."),
        ("/v1/root-cause-analyses", "The ledger analyses no causes."),
        ("/next/assets", "The ledger keeps no assets of results."),
        ("/next/projects", "The ledger deploys and destroys projects, and imports nothing into them."),
    ];

    public override bool Claims(PathString path) => true;

    protected override string Words(int status, PathString path) =>
        status == StatusCodes.Status404NotFound && NotServed.FirstOrDefault(none => path.StartsWithSegments(none.Path)).Sentence is { } sentence
            ? sentence
            : base.Words(status, path);

    protected override object Body(Failure failure) => new ChecklyError(
        failure.Status,
        failure.Status == StatusCodes.Status408RequestTimeout ? RequestTimeout : ReasonPhrases.GetReasonPhrase(failure.Status),
        failure.Message,
        failure.Members.TryGetValue(ErrorCode, out var code) ? code as string : null);
}

/// <summary>An error: the HTTP status, its reason phrase, and one sentence for people.</summary>
/// <param name="ErrorCode">A word for the command line; absent but for one answer.</param>
public sealed record ChecklyError(
    int StatusCode,
    string Error,
    string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ErrorCode = null);

/// <summary>What this dialect's clients say of themselves and of their requests.</summary>
public static class ChecklyRequests
{
    /// <summary>The header in which clients name the account.</summary>
    public const string AccountHeader = "x-checkly-account";

    private static readonly ClientOrigin Origin = new(
        ("x-checkly-source", "source"),
        ("x-checkly-operator", "operator"),
        ("x-checkly-cli-version", "cliVersion"),
        ("x-checkly-ci-name", "ciName"));

    /// <summary>What a client says about itself, by name; null when it says nothing.</summary>
    public static IReadOnlyDictionary<string, string>? OriginOf(HttpRequest request) => Origin.Of(request);

    /// <summary>What is kept with a session under the published names: facts about its trigger, and the origin; null when there is neither.</summary>
    public static JsonElement? MetadataOf(HttpRequest request, JsonObject? facts = null)
    {
        facts ??= [];
        if (OriginOf(request) is { } origin)
        {
            facts[ClientOrigin.Member] = JsonSerializer.SerializeToNode(origin);
        }

        return facts.Count == 0 ? null : JsonSerializer.SerializeToElement(facts);
    }

    /// <summary>A key that is bound to a project may touch no other.</summary>
    public static void RequireProject(this Caller caller, string logicalId)
    {
        if (caller.Project is not null && caller.Project != logicalId)
        {
            throw RequestRejected.Forbidden("Forbidden");
        }
    }
}

/// <summary>What the reads of this dialect wait for: that a read model shows everything which is written now.</summary>
public static class ChecklyFreshness
{
    /// <summary>What a key that is bound to a project may see of a projection, the list of sessions tells: that must have come as far.</summary>
    public static async Task WaitForHeadAsync(this Freshness freshness, Caller caller, string projection, CancellationToken cancellation)
    {
        await freshness.WaitForHeadAsync(projection, cancellation);
        if (caller.Project is not null)
        {
            await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, cancellation);
        }
    }

    /// <summary>Metrics. The ends of a range are read from single results.</summary>
    public static async Task WaitForMetricsAsync(this Freshness freshness, CancellationToken cancellation)
    {
        await freshness.WaitForHeadAsync(CheckMetricsReader.ProjectionName, cancellation);
        await freshness.WaitForHeadAsync(CheckResultsReader.ProjectionName, cancellation);
    }
}

/// <summary>
/// The links in answers. They begin with the setting <c>Ledger:PublicUrl</c>, else with the address that the request came to.
/// </summary>
public sealed class ChecklyLinks(HttpRequest request, LedgerSettings settings)
{
    private readonly string publicBase = settings.PublicUrl?.TrimEnd('/') ?? $"{request.Scheme}://{request.Host}";

    public string CheckSession(Session session) =>
        $"{publicBase}/accounts/{session.AccountId}/checks/{CheckIds.Of(session)}/check-sessions/{session.Id}";

    public string CheckResult(Session session, Guid resultId) => $"{CheckSession(session)}/results/{resultId}";

    public string TestSession(Session session) => $"{publicBase}/accounts/{session.AccountId}/test-sessions/{session.Id}";

    public string TestResult(Session session, Guid resultId) => $"{TestSession(session)}/results/{resultId}";
}

/// <summary>
/// The check of a check session and of its results, which must not be absent here. A session that was triggered natively may name none:
/// then the nil uuid stands for it.
/// </summary>
public static class CheckIds
{
    public static Guid Of(Session session) =>
        session.Runs.Select(run => run.Plan.CheckId).FirstOrDefault(id => id is not null) ?? Guid.Empty;

    public static Guid Of(Run run) => run.Plan.CheckId ?? Guid.Empty;
}

/// <summary>
/// The ids of results. Once shown, an id finds the same result for ever, so none may depend on something that comes later:
/// <list type="bullet">
/// <item>A failed try has the id of its report, everywhere.</item>
/// <item>In a test session the run's own result has one id from <c>PENDING</c> to <c>FINAL</c>, derived from the sequence id.</item>
/// <item>In a check session the final result exists only when the run is settled. It has the id of the report that settled it; a run that
/// no report settled (cancelled, expired, timed out, lost) has the derived id. A report that comes after an abort and only adds its
/// details changes no id.</item>
/// </list>
/// </summary>
public static class ResultIds
{
    /// <summary>The id of a run's own result while, or because, no report gives it one; the sequence id for such an id.</summary>
    public static Guid Derived(Guid sequenceId) => MaskedIds.Of(sequenceId, 0x5a91c37e24b86d);

    /// <summary>The id of a settled run's final result.</summary>
    public static Guid OfFinal(SessionKind kind, Run run) =>
        kind is SessionKind.Check && run.Final is { Settles: true } report ? report.ResultId : Derived(run.SequenceId);
}

/// <summary>
/// The ids of schedulings. A scheduling is done when its session is there, so all that is known of it stands in the session. Its id is not
/// the session's own, which a user who does not record is not told.
/// </summary>
public static class SchedulingIds
{
    /// <summary>The scheduling of a session, or the session of a scheduling.</summary>
    public static Guid Derived(Guid id) => MaskedIds.Of(id, 0xc61d73a84f9235);
}

/// <summary>
/// Ids that are made of other ids and lead back to them: the last seven bytes are inverted in part, so that a uuid stays one of its version
/// and unique. No secret: they only keep two things that belong together from having one id.
/// </summary>
internal static class MaskedIds
{
    public static Guid Of(Guid id, ulong mask)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        BinaryPrimitives.WriteUInt128BigEndian(bytes, BinaryPrimitives.ReadUInt128BigEndian(bytes) ^ mask);
        return new Guid(bytes, bigEndian: true);
    }
}

/// <summary>Durations in milliseconds, as differences of times as they are written, so that what a client computes agrees.</summary>
public static class Durations
{
    /// <summary>From one time to another, never less than nothing: the two may come from different clocks.</summary>
    public static long Between(DateTimeOffset from, DateTimeOffset to) =>
        Math.Max(0, to.ToUnixTimeMilliseconds() - from.ToUnixTimeMilliseconds());
}

/// <summary>A page of a list by cursor, newest first.</summary>
/// <param name="NextId">Where the next page begins; null when there is none.</param>
public sealed record CursorPage<T>(int Length, IReadOnlyList<T> Entries, string? NextId);

/// <summary>The query string, as this dialect writes it. Each parameter that is wrong is refused by its name, with 400.</summary>
public static class QueryValues
{
    /// <summary>A time in Unix seconds, with or without a fraction; null when it is absent.</summary>
    public static DateTimeOffset? UnixTime(HttpRequest request, string name)
    {
        if (request.Text(name) is not { } text)
        {
            return null;
        }

        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
                ? DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond))
                : throw RequestRejected.BadRequest($"'{name}' must be a time in Unix seconds.");
    }

    /// <summary>
    /// What lies between <c>from</c> and <c>to</c>, at most so far apart. One end alone means the longest range from it, none the last such
    /// range, with no end: what comes meanwhile is shown.
    /// </summary>
    public static (DateTimeOffset From, DateTimeOffset? To) Range(HttpRequest request, TimeSpan longest, DateTimeOffset now) =>
        (UnixTime(request, "from"), UnixTime(request, "to")) switch
        {
            ({ } from, { } to) when (to - from).Duration() > longest =>
                throw RequestRejected.BadRequest($"'from' and 'to' must be at most {longest.TotalHours} hours apart."),
            ({ } from, { } to) => (from, to),
            ({ } from, null) => (from, from < DateTimeOffset.MaxValue - longest ? from + longest : null),
            (null, { } to) => (to.Subtract(longest), to),
            _ => (now - longest, null),
        };

    /// <summary>A page by number: how many entries it has (1 to 100, 10 when absent), and how many come before it.</summary>
    /// <param name="lowest">The lowest number of a page that is accepted; 0 is the first page too.</param>
    public static (int Limit, int Page, long Offset) Page(HttpRequest request, int lowest = 0)
    {
        var (limit, page) = (request.Limit(10), Math.Max(1, Inputs.Int(request, "page", lowest, int.MaxValue, 1)));
        return (limit, page, (page - 1L) * limit);
    }

    /// <summary>The place after the last entry of the page before; null on the first page.</summary>
    /// <param name="parse">Reads a cursor; null for what is none.</param>
    public static T? Cursor<T>(HttpRequest request, Func<string?, T?> parse)
        where T : struct
    {
        const string Name = "nextId";
        return !request.Query.TryGetValue(Name, out var text) ? null
            : parse(text) ?? throw RequestRejected.BadRequest($"'{Name}' must be the {Name} of the page before.");
    }

    /// <summary>True or false; null when it is absent.</summary>
    public static bool? Flag(HttpRequest request, string name) => request.Text(name) switch
    {
        null => null,
        "true" => true,
        "false" => false,
        _ => throw RequestRejected.BadRequest($"'{name}' must be true or false."),
    };

    /// <summary>One of several words; null when it is absent.</summary>
    public static string? Word(HttpRequest request, string name, IReadOnlyCollection<string> known) =>
        request.Text(name) is not { } text ? null
            : known.Contains(text) ? text
            : throw RequestRejected.BadRequest($"'{name}' must be one of {string.Join(", ", known)}.");

    /// <summary>Some of several words, each once; none when the parameter is absent.</summary>
    public static IReadOnlyList<string> Words(HttpRequest request, string name, IReadOnlyCollection<string> known)
    {
        var words = QueryArrays.Read(request.Query, name);
        return words.All(known.Contains) ? words : throw RequestRejected.BadRequest($"'{name}' must be of {string.Join(", ", known)}.");
    }

    /// <summary>The header in which this dialect tells how many entries a list has.</summary>
    public static void SetContentRange(this HttpResponse response, long first, int count, int total) => response.Headers.ContentRange = count == 0
        ? FormattableString.Invariant($"items */{total}")
        : FormattableString.Invariant($"items {first}-{first + count - 1}/{total}");
}
