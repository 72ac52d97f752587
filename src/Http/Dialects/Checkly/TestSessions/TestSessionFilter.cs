using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Projections.SessionList;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.TestSessions;

/// <summary>Reads the query of a list of test sessions (wire.md 3.7).</summary>
public static class TestSessionFilter
{
    private const int MaximumLimit = 100;
    private const int DefaultLimit = 20;
    private const int ShortestSearch = 3;
    private const int LongestSearch = 200;

    private static readonly Dictionary<string, SessionStatus> Statuses = new(StringComparer.Ordinal)
    {
        ["RUNNING"] = SessionStatus.Running,
        ["FAILED"] = SessionStatus.Failed,
        ["PASSED"] = SessionStatus.Passed,
        ["CANCELLED"] = SessionStatus.Cancelled,
    };

    /// <summary>All but those that their user did not want to see again (wire.md 4.2).</summary>
    private static readonly SessionSource[] Recorded =
        [.. Enum.GetValues<SessionSource>().Except([SessionSource.TriggerNoRecord, SessionSource.TestNoRecord])];

    /// <summary>The query; null when nothing can match, since the ledger groups no errors.</summary>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    public static SessionListQuery? Read(HttpRequest request, Guid accountId)
    {
        var query = new SessionListQuery(accountId)
        {
            Kind = SessionKind.Test,
            Sources = Recorded,
            From = QueryValues.UnixTime(request, "from"),
            To = QueryValues.UnixTime(request, "to"),
            Limit = Inputs.Int(request, "limit", 1, MaximumLimit, DefaultLimit),
            Statuses = [.. QueryArrays.Read(request.Query, "statuses").Select(Status)],
            Branches = QueryArrays.Read(request.Query, "branches"),
            Users = QueryArrays.Read(request.Query, "users"),
            WithoutUser = QueryValues.Flag(request, "noUsers") is true,
            Providers = [.. QueryArrays.Read(request.Query, "providers").Select(Provider)],
            BeforeNumber = Cursor(request),
            TextSearch = Search(request),
        };
        return request.Query.ContainsKey("errorGroupId") ? null : query;
    }

    private static SessionStatus Status(string word) => Statuses.TryGetValue(word, out var status)
        ? status
        : throw RequestRejected.BadRequest($"'statuses' must be of {string.Join(", ", Statuses.Keys)}.");

    private static string Provider(string word) => TestSessionProvider.Known.Contains(word)
        ? word
        : throw RequestRejected.BadRequest($"'providers' must be of {string.Join(", ", TestSessionProvider.Known)}.");

    private static long? Cursor(HttpRequest request)
    {
        if (!request.Query.ContainsKey("nextId"))
        {
            return null;
        }

        return SessionListCursor.TryRead(request.Query["nextId"], out var number)
            ? number
            : throw RequestRejected.BadRequest("'nextId' must be the nextId of the page before.");
    }

    private static string? Search(HttpRequest request)
    {
        if (!request.Query.ContainsKey("textSearch"))
        {
            return null;
        }

        return request.Query["textSearch"].ToString() is { Length: >= ShortestSearch and <= LongestSearch } text
            ? text
            : throw RequestRejected.BadRequest($"'textSearch' must have {ShortestSearch} to {LongestSearch} characters.");
    }
}
