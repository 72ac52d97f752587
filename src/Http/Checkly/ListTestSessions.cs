using System.Text.Json.Serialization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.RateLimits;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.SessionList;
using Ledger.Sessions;

namespace Ledger.Http.Checkly;

/// <summary>
/// Lists test sessions. Which sessions there are and what they look like is the projection's to say, once it has come to the end of the log.
/// </summary>
public static class ListTestSessionsEndpoint
{
    [WolverineGet("/v1/test-sessions"), Authorize(Scopes.Read), CostlyRead, Errors(400, 401, 403, 429), Tags("Checkly: test sessions")]
    [EndpointSummary("Lists test sessions, newest first.")]
    [QueryNumber("from", "Created at or after this time, in Unix seconds.")]
    [QueryNumber("to", "Created before this time, in Unix seconds.")]
    [QueryNumber("limit", "Entries of a page, 1 to 100; 20 when absent.")]
    [QueryText("nextId", "The nextId of the page before.")]
    [QueryText("statuses", "RUNNING, FAILED, PASSED or CANCELLED; all when absent.", IsArray = true)]
    [QueryText("branches", "Branch names.", IsArray = true)]
    [QueryText("users", "Commit owners or ids of invokers.", IsArray = true)]
    [QueryText("providers", "GITHUB, VERCEL, API, TRIGGER or PW_REPORTER.", IsArray = true)]
    [QueryText("noUsers", "true for sessions without a user alone.")]
    [QueryText("textSearch", "3 to 200 characters of the name, the branch or the commit.")]
    [QueryText("errorGroupId", "The ledger groups no errors: nothing matches.")]
    public static async Task<TestSessionList> Get(
        HttpRequest request, Caller caller, SessionListReader list, Freshness freshness, CancellationToken cancellation)
    {
        if (TestSessionFilter.Read(request, caller) is not { } query)
        {
            return new TestSessionList(0, [], null);
        }

        await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, cancellation);
        var page = await Database.RunAsync(() => list.ReadAsync(query, cancellation));
        return new TestSessionList(page.Sessions.Count, [.. page.Sessions.Select(TestSessionEntry.Of)], page.NextCursor);
    }
}

/// <summary>Reads the query of a list of test sessions.</summary>
public static class TestSessionFilter
{
    private const int MaximumLimit = 100;
    private const int DefaultLimit = 20;
    private const int ShortestSearch = 3;
    private const int LongestSearch = 200;

    private static readonly Dictionary<string, SessionStatus> Statuses = new(StringComparer.Ordinal)
    {
        ["RUNNING"] = SessionStatus.Running,
        ["FAILED"] = SessionStatus.Failed,
        ["PASSED"] = SessionStatus.Passed,
        ["CANCELLED"] = SessionStatus.Cancelled,
    };

    /// <summary>All but those that their user did not want to see again.</summary>
    private static readonly SessionSource[] Recorded =
        [.. Enum.GetValues<SessionSource>().Except([SessionSource.TriggerNoRecord, SessionSource.TestNoRecord])];

    /// <summary>The query; null when nothing can match, since the ledger groups no errors.</summary>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    public static SessionListQuery? Read(HttpRequest request, Caller caller)
    {
        var query = new SessionListQuery(caller.AccountId)
        {
            Kind = SessionKind.Test,
            Project = caller.Project,
            Sources = Recorded,
            From = QueryValues.UnixTime(request, "from"),
            To = QueryValues.UnixTime(request, "to"),
            Limit = Inputs.Int(request, "limit", 1, MaximumLimit, DefaultLimit),
            Statuses = [.. QueryArrays.Read(request.Query, "statuses").Select(Status)],
            Branches = QueryArrays.Read(request.Query, "branches"),
            Users = QueryArrays.Read(request.Query, "users"),
            WithoutUser = QueryValues.Flag(request, "noUsers") is true,
            Providers = [.. QueryArrays.Read(request.Query, "providers").Select(Provider)],
            BeforeNumber = Cursor(request),
            TextSearch = Search(request),
        };
        return request.Query.ContainsKey("errorGroupId") ? null : query;
    }

    private static SessionStatus Status(string word) => Statuses.TryGetValue(word, out var status)
        ? status
        : throw RequestRejected.BadRequest($"'statuses' must be of {string.Join(", ", Statuses.Keys)}.");

    private static string Provider(string word) => TestSessionProvider.Known.Contains(word)
        ? word
        : throw RequestRejected.BadRequest($"'providers' must be of {string.Join(", ", TestSessionProvider.Known)}.");

    private static long? Cursor(HttpRequest request)
    {
        if (!request.Query.ContainsKey("nextId"))
        {
            return null;
        }

        return SessionListCursor.TryRead(request.Query["nextId"], out var number)
            ? number
            : throw RequestRejected.BadRequest("'nextId' must be the nextId of the page before.");
    }

    private static string? Search(HttpRequest request)
    {
        if (!request.Query.ContainsKey("textSearch"))
        {
            return null;
        }

        return request.Query["textSearch"].ToString() is { Length: >= ShortestSearch and <= LongestSearch } text
            ? text
            : throw RequestRejected.BadRequest($"'textSearch' must have {ShortestSearch} to {LongestSearch} characters.");
    }
}

/// <summary>A test session in a list, with the sequence ids of its first <see cref="FirstRuns.Most"/> runs by where they stand.</summary>
public sealed record TestSessionEntry(
    Guid Id,
    Guid AccountId,
    Guid? ProjectId,
    string Name,
    string Provider,
    SessionStatus Status,
    string Region,
    Guid? PrivateLocationId,
    DateTimeOffset StartedAt,
    DateTimeOffset? StoppedAt,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt,
    [property: JsonPropertyName("updated_at")] DateTimeOffset? UpdatedAt,
    Invoker? Invoker,
    string? RepoUrl,
    string? CommitId,
    string? CommitOwner,
    string? CommitMessage,
    string? BranchName,
    string? Environment,
    IReadOnlyList<Guid> ErrorGroupIds,
    IReadOnlyList<Guid> Running,
    IReadOnlyList<Guid> Passed,
    IReadOnlyList<Guid> Failed,
    IReadOnlyList<Guid> Cancelled)
{
    public static TestSessionEntry Of(SessionSummary session)
    {
        var metadata = TestSessionMetadata.Of(session.Metadata);
        var runs = session.FirstRuns!;
        return new TestSessionEntry(
            session.SessionId,
            session.AccountId,
            Guid.TryParseExact(session.Project, "D", out var projectId) ? projectId : null,
            session.Name,
            TestSessionProvider.Of(session.Metadata),
            session.Status,
            session.Location,
            null,
            session.TriggeredAt,
            session.SettledAt,
            session.TriggeredAt,
            session.UpdatedAt ?? session.TriggeredAt,
            Invoker.Of(session.Actor),
            metadata.RepoUrl,
            metadata.CommitId,
            metadata.CommitOwner,
            metadata.CommitMessage,
            metadata.BranchName,
            metadata.Environment,
            [],
            runs.In(FirstRuns.Open),
            runs.In(FirstRuns.Passed),
            runs.In(FirstRuns.Failed),
            runs.In(FirstRuns.Cancelled));
    }
}

/// <summary>The person who triggered a session.</summary>
public sealed record Invoker(string Name, string? Picture)
{
    /// <summary>Null for a session that no person triggered, only a key.</summary>
    public static Invoker? Of(Actor actor) => actor.Kind is ActorKind.User ? new Invoker(actor.Name ?? actor.Id, null) : null;
}

/// <summary>A page of test sessions, newest first.</summary>
/// <param name="Length">Entries on this page.</param>
/// <param name="Entries">The sessions.</param>
/// <param name="NextId">Where the next page begins; null when there is none.</param>
public sealed record TestSessionList(int Length, IReadOnlyList<TestSessionEntry> Entries, string? NextId);
