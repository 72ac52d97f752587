using System.Globalization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Projections.SessionList;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.TesterArmy.Runs;

/// <summary>What a list of runs asks for (wire.md 8.2).</summary>
/// <param name="Query">The sessions among which the runs are.</param>
/// <param name="Status">Only runs of this status, which the query alone cannot tell for certain; null for all.</param>
public sealed record RunFilter(SessionListQuery Query, TesterArmyRunStatus? Status)
{
    private const int DefaultLimit = 20;
    private const int MaximumLimit = 100;

    /// <summary>Reads the parameters.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its pattern.</exception>
    public static RunFilter Read(HttpContext context)
    {
        var query = context.Request.Query;
        var status = QueryWords<TesterArmyRunStatus>.One(context.Request, "status");
        return new RunFilter(
            new SessionListQuery(context.Key().AccountId)
            {
                Kind = SessionKind.Run,
                Statuses = status is { } settled ? TesterArmyRunStatuses.SettledStatusesOf(settled) : [],
                RunStates = status is { } open ? TesterArmyRunStatuses.OpenStatesOf(open) : [],
                Project = IdOf(query, "projectId")?.ToString(),
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
