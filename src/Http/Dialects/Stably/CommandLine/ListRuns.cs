using Ledger.Http.Access;
using Ledger.Http.PlainRuns;
using Ledger.Http.ReadModels;
using Ledger.Projections.OpenRuns;
using Ledger.Projections.SessionList;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Streams;
using Ledger.TestCases;

namespace Ledger.Http.Dialects.Stably.CommandLine;

/// <summary>
/// Lists the runs of a project, newest first. The projections say which, once they have come to the end of the log; what each looks like is
/// read from its stream. A run that has changed its status in between is left out where a status is asked for.
/// </summary>
public static class ListRuns
{
    public static async Task<IResult> HandleAsync(
        HttpContext context, PlainRunSessions runs, SessionListReader list, Freshness freshness, SessionStreams sessions)
    {
        var account = context.Key().AccountId;
        var (query, status) = await RunListFilter.ReadAsync(context, account, runs);
        if (query is null)
        {
            return StablyResult.Json(new StablyRunList([], HasMore: false));
        }

        await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, context.RequestAborted);
        if (query.RunStates.Any(OpenRunsReader.Knows))
        {
            await freshness.WaitForHeadAsync(OpenRunsReader.ProjectionName, context.RequestAborted);
        }

        var page = await Database.RunAsync(() => list.ReadAsync(query, context.RequestAborted));
        var found = await sessions.ReadManyAsync(
            [.. page.Sessions.Select(listed => new StreamId(account, listed.SessionId))], context.RequestAborted);
        return StablyResult.Json(new StablyRunList(
            [.. found.Select(snapshot => StablyRunEntry.Of(snapshot.Session)).Where(entry => status is null || entry.Status == status)],
            page.NextCursor is not null));
    }
}

/// <summary>A page of runs.</summary>
/// <param name="Runs">Newest first.</param>
/// <param name="HasMore">Whether there are older ones; <c>beforeRunId</c> with the last one's id reads on.</param>
public sealed record StablyRunList(IReadOnlyList<StablyRunEntry> Runs, bool HasMore);

/// <summary>A run in a list.</summary>
/// <param name="RunId">Its id.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="BranchName">The branch that it is about.</param>
/// <param name="StartedAt">When its execution began.</param>
/// <param name="TotalCount">How many tests it reported.</param>
public sealed record StablyRunEntry(Guid RunId, RunStatus Status, string? BranchName, DateTimeOffset? StartedAt, int TotalCount)
{
    public static StablyRunEntry Of(Session session)
    {
        var run = StablyRuns.Only(session);
        return new StablyRunEntry(
            session.Id,
            RunStatuses.StatusOf(run.State),
            RunFacts.Text(session, RunFacts.BranchName),
            run.StartedAt,
            TestCase.Of(run).Count);
    }
}
