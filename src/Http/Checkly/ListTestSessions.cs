namespace Ledger.Http.Checkly;

/// <summary>
/// Lists test sessions. Which sessions there are and what they look like is the projection's to say, once it has come to the end of the log.
/// </summary>
public static class ListTestSessionsEndpoint
{
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
    public static async Task<CursorPage<TestSessionEntry>> Get(
        HttpRequest request, Caller caller, SessionListReader list, Freshness freshness, CancellationToken cancellation)
    {
        var query = QueryOf(request, caller);
        if (request.Query.ContainsKey("errorGroupId"))
        {
            return new CursorPage<TestSessionEntry>(0, [], null);
        }

        await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, cancellation);
        var page = await list.ReadAsync(query, cancellation);
        return new CursorPage<TestSessionEntry>(
            page.Sessions.Count, [.. page.Sessions.Select(session => new TestSessionEntry(session))], page.NextCursor);
    }

    private static SessionListQuery QueryOf(HttpRequest request, Caller caller) => new(caller.AccountId)
    {
        Kind = SessionKind.Test,
        Project = caller.Project,
        Sources = Recorded,
        From = QueryValues.UnixTime(request, "from"),
        To = QueryValues.UnixTime(request, "to"),
        Limit = request.Limit(),
        Statuses = [.. QueryValues.Words(request, "statuses", Statuses.Keys).Select(word => Statuses[word])],
        Branches = QueryArrays.Read(request.Query, "branches"),
        Users = QueryArrays.Read(request.Query, "users"),
        WithoutUser = QueryValues.Flag(request, "noUsers") is true,
        Providers = QueryValues.Words(request, "providers", TestSessionProvider.Known),
        BeforeNumber = QueryValues.Cursor<long>(request, text => SessionListCursor.TryRead(text, out var number) ? number : null),
        TextSearch = SearchOf(request),
    };

    private static string? SearchOf(HttpRequest request) =>
        !request.Query.TryGetValue("textSearch", out var given) ? null
            : given.ToString() is { Length: >= ShortestSearch and <= LongestSearch } text ? text
            : throw RequestRejected.BadRequest($"'textSearch' must have {ShortestSearch} to {LongestSearch} characters.");
}

/// <summary>A test session in a list, with the sequence ids of its first <see cref="FirstRuns.Most"/> runs by where they stand.</summary>
public sealed class TestSessionEntry(SessionSummary session)
{
    private readonly TestSessionMetadata metadata = TestSessionMetadata.Of(session.Metadata);
    private readonly FirstRuns runs = session.FirstRuns!;

    public Guid Id => session.SessionId;
    public Guid AccountId => session.AccountId;
    public Guid? ProjectId => Guid.TryParseExact(session.Project, "D", out var projectId) ? projectId : null;
    public string Name => session.Name;
    public string Provider => TestSessionProvider.Of(session.Metadata);
    public SessionStatus Status => session.Status;
    public string Region => session.Location;
    public Guid? PrivateLocationId => null;
    public DateTimeOffset StartedAt => session.TriggeredAt;
    public DateTimeOffset? StoppedAt => session.SettledAt;

    [JsonPropertyName("created_at")]
    public DateTimeOffset CreatedAt => session.TriggeredAt;

    [JsonPropertyName("updated_at")]
    public DateTimeOffset? UpdatedAt => session.UpdatedAt ?? session.TriggeredAt;

    /// <summary>Null for a session that no person triggered, only a key.</summary>
    public Invoker? Invoker { get; init; } = session.Actor is { Kind: ActorKind.User } user ? new Invoker(user.Name ?? user.Id, null) : null;
    public string? RepoUrl => metadata.RepoUrl;
    public string? CommitId => metadata.CommitId;
    public string? CommitOwner => metadata.CommitOwner;
    public string? CommitMessage => metadata.CommitMessage;
    public string? BranchName => metadata.BranchName;
    public string? Environment => metadata.Environment;
    public IReadOnlyList<Guid> ErrorGroupIds => [];
    public IReadOnlyList<Guid> Running => runs.In(FirstRuns.Open);
    public IReadOnlyList<Guid> Passed => runs.In(FirstRuns.Passed);
    public IReadOnlyList<Guid> Failed => runs.In(FirstRuns.Failed);
    public IReadOnlyList<Guid> Cancelled => runs.In(FirstRuns.Cancelled);
}

/// <summary>The person who triggered a session.</summary>
public sealed record Invoker(string Name, string? Picture);
