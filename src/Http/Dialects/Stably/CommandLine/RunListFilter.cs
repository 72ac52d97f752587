using Ledger.Http.Errors;
using Ledger.Http.PlainRuns;
using Ledger.Http.Requests;
using Ledger.Projections.SessionList;
using Ledger.Sessions;
using Ledger.Store;

namespace Ledger.Http.Dialects.Stably.CommandLine;

/// <summary>Which runs a list is to show (wire.md 7.3).</summary>
/// <param name="Query">The sessions to look for; null when nothing can match.</param>
/// <param name="Status">The status that is asked for; the query finds those that had it when the projection saw them.</param>
public sealed record RunListFilter(SessionListQuery? Query, RunStatus? Status)
{
    private const int MaximumLimit = 100;
    private const int DefaultLimit = 20;

    /// <summary>Reads it from the query string.</summary>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public static async Task<RunListFilter> ReadAsync(HttpContext context, Guid accountId, PlainRunSessions runs)
    {
        var request = context.Request;
        var projectId = Inputs.Name("projectId", request.Query["projectId"]);
        var status = QueryWords<RunStatus>.One(request, "status");
        var sources = SourcesOf(QueryWords<RunSource>.One(request, "source"), QueryWords<RunTrigger>.One(request, "trigger"));
        var query = OfProject(accountId, projectId) with
        {
            Branches = Text(request, "branchName") is { } branch ? [branch] : [],
            Sources = sources ?? [],
            Limit = Inputs.Int(request, "limit", 1, MaximumLimit, DefaultLimit),
            AfterNumber = await NumberAsync("afterRunId"),
            BeforeNumber = await NumberAsync("beforeRunId"),
        };
        if (Text(request, "suiteName") is { } suite)
        {
            query = query with { Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [RunFacts.SuiteName] = suite } };
        }

        return new RunListFilter(sources is [] ? null : Narrow(query, status), status);

        async Task<long?> NumberAsync(string name) => Text(request, name) is not { } runId
            ? null
            : (await runs.FindAsync(context, projectId, runId))?.FirstPosition
                ?? throw RequestRejected.BadRequest($"'{name}' must be a run of this project.");
    }

    /// <summary>All runs of a project.</summary>
    public static SessionListQuery OfProject(Guid accountId, string projectId) => new(accountId)
    {
        Kind = SessionKind.Run,
        Project = projectId,
        OrWithoutProject = StablyProject.IsDefault(projectId),
    };

    /// <summary>A parameter that may be left out; an empty one counts as left out.</summary>
    public static string? Text(HttpRequest request, string name) => request.Query[name].ToString() is { Length: > 0 } text ? text : null;

    /// <summary>Null for all; none for a pair that never occurs.</summary>
    private static IReadOnlyList<SessionSource>? SourcesOf(RunSource? source, RunTrigger? trigger) =>
        source is null && trigger is null ? null : RunCause.SourcesOf(source, trigger);

    /// <summary>The statuses of sessions that can have this one, for their index; the state of the one run where they say too little.</summary>
    private static SessionListQuery Narrow(SessionListQuery query, RunStatus? status) => status switch
    {
        null => query,
        RunStatus.Queued => query with { OnlyOpen = true, RunStates = [RunState.Queued] },
        RunStatus.Running => query with { OnlyOpen = true, RunStates = [RunState.Claimed, RunState.Running, RunState.Cancelling] },
        RunStatus.Passed => query with { Statuses = [SessionStatus.Passed, SessionStatus.Degraded] },
        RunStatus.Failed => query with { Statuses = [SessionStatus.Failed] },
        RunStatus.Cancelled => query with { Statuses = [SessionStatus.Cancelled] },
        RunStatus.TimedOut => query with { Statuses = [SessionStatus.TimedOut], RunStates = [RunState.TimedOut] },
        RunStatus.Interrupted => query with { Statuses = [SessionStatus.TimedOut], RunStates = [RunState.Lost] },
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "A status that cannot be looked for."),
    };
}
