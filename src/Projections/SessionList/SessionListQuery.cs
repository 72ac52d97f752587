using System.Buffers.Binary;
using System.Buffers.Text;

namespace Ledger.Projections.SessionList;

/// <summary>Which sessions of one account to list, newest first. A filter that is null or empty lets all through.</summary>
/// <param name="AccountId">The tenant.</param>
public sealed record SessionListQuery(Guid AccountId)
{
    /// <summary>The longest page.</summary>
    public const int MaximumLimit = 1_000;

    /// <summary>Only these sessions.</summary>
    public IReadOnlyCollection<Guid> SessionIds { get; init; } = [];

    /// <summary>Only this kind.</summary>
    public SessionKind? Kind { get; init; }

    /// <summary>Only these statuses.</summary>
    public IReadOnlyCollection<SessionStatus> Statuses { get; init; } = [];

    /// <summary>Only this project.</summary>
    public string? Project { get; init; }

    /// <summary>Beside <see cref="Project"/>, sessions that have none.</summary>
    public bool OrWithoutProject { get; init; }

    /// <summary>Only the default project, which has no name.</summary>
    public bool WithoutProject { get; init; }

    /// <summary>Only sessions triggered at or after this time.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Only sessions triggered before this time.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Only sessions that contain this check.</summary>
    public Guid? CheckId { get; init; }

    /// <summary>Only these branches.</summary>
    public IReadOnlyCollection<string> Branches { get; init; } = [];

    /// <summary>
    /// Only sessions of these people: commit owner, or id of the actor who triggered it (docs/dialects/checkly.md#list-of-test-sessions).
    /// </summary>
    public IReadOnlyCollection<string> Users { get; init; } = [];

    /// <summary>
    /// Beside <see cref="Users"/>, sessions that have no commit owner and that no person triggered
    /// (docs/dialects/checkly.md#list-of-test-sessions).
    /// </summary>
    public bool WithoutUser { get; init; }

    /// <summary>
    /// Only these providers, as the metadata names them; where it names none, the provider is <c>API</c>
    /// (docs/dialects/checkly.md#list-of-test-sessions).
    /// </summary>
    public IReadOnlyCollection<string> Providers { get; init; } = [];

    /// <summary>Only these sources.</summary>
    public IReadOnlyCollection<SessionSource> Sources { get; init; } = [];

    /// <summary>Only these environments.</summary>
    public IReadOnlyCollection<string> Environments { get; init; } = [];

    /// <summary>Only this concurrency group.</summary>
    public string? ConcurrencyGroup { get; init; }

    /// <summary>
    /// Only test sessions with this text in name, branch, commit id, commit message or commit owner, of each the first 4,000 characters, in
    /// whichever case (docs/dialects/checkly.md#list-of-test-sessions).
    /// </summary>
    public string? TextSearch { get; init; }

    /// <summary>
    /// Only sessions whose metadata has these texts, by the names of the members, which consist of letters. <c>batchId</c> and
    /// <c>checkRunSuiteId</c> have an index; others narrow what another filter finds.
    /// </summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Only plain runs in one of these states.</summary>
    public IReadOnlyCollection<RunState> RunStates { get; init; } = [];

    /// <summary>Only plain runs that came to a verdict of their own, or only those that failed to.</summary>
    public bool? HasVerdict { get; init; }

    /// <summary>Only sessions with a run that is not settled.</summary>
    public bool OnlyOpen { get; init; }

    /// <summary>Only sessions older than the one with this number; the next page after it (see <see cref="SessionListCursor"/>).</summary>
    public long? BeforeNumber { get; init; }

    /// <summary>Only sessions newer than the one with this number.</summary>
    public long? AfterNumber { get; init; }

    /// <summary>How many at most, from 1 to <see cref="MaximumLimit"/>.</summary>
    public int Limit { get; init; } = 20;

    /// <summary>
    /// How many of the newest to leave out, for dialects whose pages have numbers. What is left out is counted through; everybody else
    /// goes on with <see cref="BeforeNumber"/>.
    /// </summary>
    public long Offset { get; init; }
}

/// <summary>One page of a list.</summary>
/// <param name="Sessions">Newest first.</param>
/// <param name="NextCursor">Where the next page begins; null when there is none.</param>
public sealed record SessionListPage<T>(IReadOnlyList<T> Sessions, string? NextCursor);

/// <summary>One page of a list whose pages have numbers, with how many there are in all; both as of one moment.</summary>
/// <param name="Total">All sessions that the query finds, on whichever page.</param>
/// <param name="Sessions">Those of the page, newest first.</param>
public sealed record CountedSessionList(long Total, IReadOnlyList<SessionSummary> Sessions);

/// <summary>A session that was found, for who reads its stream.</summary>
/// <param name="SessionId">Its id.</param>
/// <param name="Number">The position of its first event.</param>
public readonly record struct FoundSession(Guid SessionId, long Number);

/// <summary>
/// What a query asks for, as conditions on <c>ledger.session_list</c>. Only the filters that are there stand in the statement, so that the
/// database can choose an index for them.
/// </summary>
internal sealed class SessionListConditions
{
    private readonly SqlConditions conditions;

    private SessionListConditions(NpgsqlCommand command, SessionListQuery query)
    {
        conditions = new SqlConditions(command);
        Add("account_id = {0}", query.AccountId);
        Add("session_id = any({0})", query.SessionIds.Count > 0 ? query.SessionIds.ToArray() : null);
        Add("kind = {0}", query.Kind is { } kind ? Words<SessionKind>.Of(kind) : null);
        AddStatuses(query.Statuses);
        Add(query.OrWithoutProject ? "(project = {0} or project is null)" : "project = {0}", query.Project);
        Add("project is null", query.WithoutProject);
        Add("triggered_at >= {0}", query.From?.ToUniversalTime());
        Add("triggered_at < {0}", query.To?.ToUniversalTime());
        Add("check_ids @> array[{0}]::uuid[]", query.CheckId);
        Add("branch = any({0})", query.Branches, branch => branch);
        AddUsers(query);
        Add("coalesce(metadata ->> 'provider', 'API') = any({0})", query.Providers, provider => provider);
        Add("source = any({0})", query.Sources, Words<SessionSource>.Of);
        Add("environment = any({0})", query.Environments, environment => environment);
        Add("concurrency_group = {0}", query.ConcurrencyGroup);
        Add("number < {0}", query.BeforeNumber);
        Add("number > {0}", query.AfterNumber);
        AddSearch(query.TextSearch);
        AddMetadata(query.Metadata);
        AddStatuses(query.OnlyOpen || (query.RunStates.Count > 0 && query.RunStates.All(state => state.IsOpen())) ? SessionStatusRule.Open : []);
        Add("run_state = any({0})", query.RunStates, Words<RunState>.Of);
        Add("(coalesce(run -> 'result' ->> 'hasErrors', 'false') = 'true' or run_state in ('timedOut', 'lost')) <> {0}", query.HasVerdict);
    }

    /// <summary>The conditions; their values are added to the command.</summary>
    public static string Of(SessionListQuery query, NpgsqlCommand command) =>
        new SessionListConditions(command, query).conditions.ToString();

    /// <summary>A single one by itself, so that the index tells its sessions in the order of the list.</summary>
    private void AddStatuses(IReadOnlyCollection<SessionStatus> statuses)
    {
        if (statuses.Count == 1)
        {
            Add("status = {0}", Words<SessionStatus>.Of(statuses.First()));
        }
        else
        {
            Add("status = any({0})", statuses, Words<SessionStatus>.Of);
        }
    }

    private void AddUsers(SessionListQuery query)
    {
        const string ofUsers = "commit_owner = any({0}) or actor_id = any({0})";
        const string ofNobody = "(commit_owner is null and actor_kind <> 'user')";
        if (query is { WithoutUser: true, Users.Count: 0 })
        {
            conditions.Add(ofNobody);
        }
        else
        {
            Add(query.WithoutUser ? $"({ofUsers} or {ofNobody})" : $"({ofUsers})", query.Users, user => user);
        }
    }

    /// <summary>The name stands in the statement itself, or no index would be found for it.</summary>
    private void AddMetadata(IReadOnlyDictionary<string, string> metadata)
    {
        foreach (var (name, text) in metadata)
        {
            if (!name.All(char.IsAsciiLetter))
            {
                throw new ArgumentException($"'{name}' is no name of a member.", nameof(metadata));
            }

            Add($"metadata ->> '{name}' = {{0}}", text);
        }
    }

    /// <summary>The index finds what may have the text; the text itself decides.</summary>
    private void AddSearch(string? text)
    {
        Add("false", text?.Contains(SearchText.Separator, StringComparison.Ordinal) is true);
        if (!string.IsNullOrEmpty(text))
        {
            var search = text.ToLowerInvariant();
            Add("trigrams @> {0}", SearchText.TrigramsFor(search));
            Add("search like {0}", $"%{search.Replace(@"\", @"\\").Replace("%", @"\%").Replace("_", @"\_")}%");
        }
    }

    private void Add(string condition, bool isAsked)
    {
        if (isAsked)
        {
            conditions.Add(condition);
        }
    }

    private void Add<T>(string condition, IReadOnlyCollection<T> values, Func<T, string> word) => conditions.AddAny(condition, values, word);

    private void Add(string condition, object? value) => conditions.Add(condition, value);
}

/// <summary>The place in a list after a session, as opaque text. New sessions do not move it.</summary>
public static class SessionListCursor
{
    /// <summary>The place after the session of this number.</summary>
    public static string After(long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The number for <see cref="SessionListQuery.BeforeNumber"/>; false when the text is no cursor.</summary>
    public static bool TryRead(string? cursor, out long number)
    {
        number = 0;
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        if (cursor is not { Length: 11 } || !Base64Url.IsValid(cursor, out var length) || length != sizeof(long))
        {
            return false;
        }

        Base64Url.DecodeFromChars(cursor, bytes);
        number = BinaryPrimitives.ReadInt64BigEndian(bytes);
        return number > 0;
    }
}
