using Ledger.Sessions;

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
