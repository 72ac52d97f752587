using Ledger.Http.Access;
using Ledger.Http.ReadModels;
using Ledger.Projections.SessionList;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Dialects.Checkly.TestSessions;

/// <summary>
/// Lists test sessions (wire.md 3.7). Which sessions there are is the projection's to say, once it has come to the end of the log; what
/// they look like is read from their streams.
/// </summary>
public static class ListTestSessions
{
    public static async Task<IResult> HandleAsync(
        HttpContext context, SessionListReader list, Freshness freshness, SessionStreams sessions)
    {
        var account = context.Key().AccountId;
        if (TestSessionFilter.Read(context.Request, account) is not { } query)
        {
            return ChecklyResult.Json(new TestSessionList(0, [], null));
        }

        await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, context.RequestAborted);
        var page = await Database.RunAsync(() => list.ReadAsync(query, context.RequestAborted));
        var found = await sessions.ReadManyAsync(
            [.. page.Sessions.Select(listed => new StreamId(account, listed.SessionId))], context.RequestAborted);
        var entries = found
            .Select(snapshot => TestSessionEntry.Of(snapshot.Session))
            .Where(entry => query.Statuses.Count == 0 || query.Statuses.Contains(entry.Status))
            .ToList();
        return ChecklyResult.Json(new TestSessionList(entries.Count, entries, page.NextCursor));
    }
}
