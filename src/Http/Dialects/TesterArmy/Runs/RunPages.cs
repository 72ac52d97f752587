using Ledger.Projections.SessionList;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Dialects.TesterArmy.Runs;

/// <summary>
/// Pages of runs. The projections say which sessions there are, their streams what they are. Which failed run has a verdict no projection
/// knows, so that a page of completed or failed runs is filled by looking at the runs themselves, at most <see cref="MostLookedAt"/> of
/// them: a page may then be short, or even empty, and still have a next one.
/// </summary>
public sealed class RunPages(SessionListReader list, SessionStreams sessions)
{
    /// <summary>Sessions that one request looks at.</summary>
    public const int MostLookedAt = 2_000;

    private const int FurtherAtOnce = 200;

    /// <summary>One page, newest first.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<TesterArmyRunList> ReadAsync(RunFilter filter, CancellationToken cancellation)
    {
        var found = new List<TesterArmyRun>();
        var query = filter.Query;
        for (var lookedAt = 0; ;)
        {
            var page = await Database.RunAsync(() => list.ReadAsync(query, cancellation));
            var runs = (await ReadAsync(query.AccountId, page.Sessions, cancellation)).ToDictionary(session => session.Id);
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
        Guid accountId, IReadOnlyList<ListedSession> listed, CancellationToken cancellation) =>
        (await sessions.ReadManyAsync([.. listed.Select(session => new StreamId(accountId, session.SessionId))], cancellation))
            .Select(snapshot => snapshot.Session);

    private static bool Matches(Session session, TesterArmyRunStatus? status) =>
        status is null || TesterArmyRunStatuses.StatusOf(session.Runs[0]) == status;
}
