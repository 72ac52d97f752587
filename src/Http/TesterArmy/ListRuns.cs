using System.Globalization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.OpenRuns;
using Ledger.Projections.SessionList;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.TesterArmy;

/// <summary>Lists runs, newest first.</summary>
public static class ListRunsEndpoint
{
    [WolverineGet("/v1/runs"), Authorize(Scopes.Read), Errors(400, 401, 429, 500, 504), Tags("TesterArmy")]
    [EndpointSummary("Lists runs, newest first.")]
    [QueryNumber("limit", "Runs of a page, 1 to 100; 20 when absent.")]
    [QueryText("status", "queued, running, completed, failed or cancelled; all when absent.")]
    [QueryText("projectId", "A project's uuid.")]
    [QueryText("testId", "A test's uuid.")]
    [QueryText("cursor", "The nextCursor of the page before.")]
    public static async Task<TesterArmyRunList> Get(
        HttpRequest request, Caller caller, RunPages pages, Freshness freshness, CancellationToken cancellation)
    {
        var filter = RunFilter.Read(request, caller);
        await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, cancellation);
        if (filter.Query.RunStates.Count > 0)
        {
            await freshness.WaitForHeadAsync(OpenRunsReader.ProjectionName, cancellation);
        }

        return await pages.ReadAsync(caller, filter, cancellation);
    }
}

/// <summary>One page of runs.</summary>
/// <param name="Runs">Newest first.</param>
/// <param name="NextCursor">Where the next page begins; null on the last one.</param>
public sealed record TesterArmyRunList(IReadOnlyList<TesterArmyRun> Runs, string? NextCursor);

/// <summary>What a list of runs asks for.</summary>
/// <param name="Query">The sessions among which the runs are.</param>
/// <param name="Status">Only runs of this status, which the query alone cannot tell for certain; null for all.</param>
public sealed record RunFilter(SessionListQuery Query, TesterArmyRunStatus? Status)
{
    private const int DefaultLimit = 20;
    private const int MaximumLimit = 100;

    /// <summary>Reads the parameters.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its pattern, 403 for a project that the caller is not bound to.</exception>
    public static RunFilter Read(HttpRequest request, Caller caller)
    {
        var query = request.Query;
        var status = QueryWords<TesterArmyRunStatus>.One(request, "status");
        return new RunFilter(
            new SessionListQuery(caller.AccountId)
            {
                Kind = SessionKind.Run,
                Statuses = status is { } settled ? TesterArmyRunStatuses.SettledStatusesOf(settled) : [],
                RunStates = status is { } open ? TesterArmyRunStatuses.OpenStatesOf(open) : [],
                Project = caller.Within(IdOf(query, "projectId")?.ToString()),
                CheckId = IdOf(query, "testId"),
                BeforeNumber = CursorOf(query),
                Limit = LimitOf(query),
            },
            status);
    }

    private static Guid? IdOf(IQueryCollection query, string name) =>
        query.ContainsKey(name) ? Inputs.Uuid(name, query[name].ToString()) : null;

    private static int LimitOf(IQueryCollection query)
    {
        if (!query.ContainsKey("limit"))
        {
            return DefaultLimit;
        }

        var text = query["limit"].ToString();
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            && limit is >= 1 and <= MaximumLimit
            && !text.StartsWith('0')
                ? limit
                : throw RequestRejected.BadRequest($"'limit' must be a whole number from 1 to {MaximumLimit}.");
    }

    private static long? CursorOf(IQueryCollection query)
    {
        var cursor = query["cursor"].ToString();
        if (cursor.Length == 0)
        {
            return null;
        }

        return SessionListCursor.TryRead(cursor, out var before)
            ? before
            : throw RequestRejected.BadRequest("'cursor' must be the nextCursor of a list.");
    }
}

/// <summary>
/// Pages of runs. The projections say which sessions there are, their streams what they are. Which failed run has a verdict no projection
/// knows, so that a page of completed or failed runs is filled by looking at the runs themselves, at most <see cref="MostLookedAt"/> of
/// them: a page may then be short, or even empty, and still have a next one.
/// </summary>
public sealed class RunPages(SessionListReader list, SessionWriter sessions)
{
    /// <summary>Sessions that one request looks at.</summary>
    public const int MostLookedAt = 2_000;

    private const int FurtherAtOnce = 200;

    /// <summary>One page, newest first.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<TesterArmyRunList> ReadAsync(Caller caller, RunFilter filter, CancellationToken cancellation)
    {
        var found = new List<TesterArmyRun>();
        var query = filter.Query;
        for (var lookedAt = 0; ;)
        {
            var page = await Database.RunAsync(() => list.ReadAsync(query, cancellation));
            var runs = (await ReadAsync(caller, page.Sessions, cancellation)).ToDictionary(session => session.Id);
            foreach (var (sessionId, number) in page.Sessions)
            {
                lookedAt++;
                if (runs.TryGetValue(sessionId, out var session) && Matches(session, filter.Status))
                {
                    found.Add(TesterArmyRun.Of(session));
                }

                if (found.Count == filter.Query.Limit || lookedAt == MostLookedAt)
                {
                    var isLast = page.NextCursor is null && page.Sessions[^1].Number == number;
                    return new TesterArmyRunList(found, isLast ? null : SessionListCursor.After(number));
                }
            }

            if (page.NextCursor is null)
            {
                return new TesterArmyRunList(found, null);
            }

            query = query with { BeforeNumber = page.Sessions[^1].Number, Limit = FurtherAtOnce };
        }
    }

    private async Task<IEnumerable<Session>> ReadAsync(
        Caller caller, IReadOnlyList<ListedSession> listed, CancellationToken cancellation) =>
        (await sessions.ReadManyAsync(caller, [.. listed.Select(session => session.SessionId)], cancellation))
            .Select(snapshot => snapshot.Session);

    private static bool Matches(Session session, TesterArmyRunStatus? status) =>
        status is null || TesterArmyRunStatuses.StatusOf(session.Runs[0]) == status;
}
