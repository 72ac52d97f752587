using Ledger.Http.Access;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.SessionList;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Dialects.Stably.CommandLine.Analytics;

/// <summary>
/// Counts the tests of a project's latest runs, read from their streams. At most <see cref="MaximumRuns"/> runs are looked at, newest first;
/// the answer says whether that was all of them.
/// </summary>
public sealed class RunHistory(SessionListReader list, Freshness freshness, SessionStreams sessions, TimeProvider clock)
{
    /// <summary>The most runs that one answer looks at.</summary>
    public const int MaximumRuns = SessionListQuery.MaximumLimit;

    private const int AtOnce = 100;
    private const int MaximumDays = 90;
    private const int DefaultDays = 7;
    private const int MaximumLimit = 100;
    private const int DefaultLimit = 10;

    /// <summary>Runs that came to a result of their own: a cancelled, lost or timed-out run has no say (wire.md 7.3).</summary>
    private static readonly SessionStatus[] Counted = [SessionStatus.Passed, SessionStatus.Degraded, SessionStatus.Failed];

    /// <summary>What the request asks for, counted.</summary>
    /// <exception cref="Errors.RequestRejected">400 naming the parameter that is wrong.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<CountedTests> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        var account = context.Key().AccountId;
        var days = Inputs.Int(request, "days", 1, MaximumDays, DefaultDays);
        var limit = Inputs.Int(request, "limit", 1, MaximumLimit, DefaultLimit);
        var branch = RunListFilter.Text(request, "branchName");
        var query = RunListFilter.OfProject(account, Inputs.Name("projectId", request.Query["projectId"])) with
        {
            Statuses = Counted,
            Branches = branch is null ? [] : [branch],
            From = clock.GetUtcNow().AddDays(-days),
            Limit = MaximumRuns,
        };
        await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, request.HttpContext.RequestAborted);
        var page = await Database.RunAsync(() => list.ReadAsync(query, context.RequestAborted));
        var counted = new CountedTests(new AnalyticsPeriod(days, IsComplete: page.NextCursor is null), new AnalyticsFilters(branch), limit);
        foreach (var some in page.Sessions.Chunk(AtOnce))
        {
            foreach (var found in await sessions.ReadManyAsync(
                [.. some.Select(listed => new StreamId(account, listed.SessionId))], context.RequestAborted))
            {
                counted.Add(StablyRuns.Only(found.Session));
            }
        }

        return counted;
    }
}
