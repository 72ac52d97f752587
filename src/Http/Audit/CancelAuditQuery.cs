using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections;
using Ledger.Projections.Cancellations;
using Ledger.Sessions;

namespace Ledger.Http.Audit;

/// <summary>The filters of the audit in a query string. One that is unknown is refused: it would silently let all through.</summary>
public static class CancelAuditQuery
{
    private const int DefaultLimit = 20;
    private const int MaximumLimit = 100;

    private static readonly HashSet<string> Parameters = new(StringComparer.Ordinal)
    {
        "from", "to", "actor", "via", "cause", "outcome", "project", "limit", "cursor", Freshness.After,
    };

    /// <summary>Reads them.</summary>
    /// <exception cref="RequestRejected">400 for a value that makes no sense, 403 for a project that the caller is not bound to.</exception>
    public static CancelsQuery Read(HttpRequest request, Caller caller)
    {
        if (request.Query.Keys.FirstOrDefault(name => !Parameters.Contains(name)) is { } unknown)
        {
            throw RequestRejected.BadRequest($"There is no parameter '{unknown}'.");
        }

        var (from, to) = QueryTimeRange.Read(request);
        var cursor = request.Query["cursor"].ToString();
        return new CancelsQuery(caller.AccountId)
        {
            From = from,
            To = to,
            Actor = Text(request, "actor"),
            Project = caller.Within(Text(request, "project")),
            Via = QueryWords<CancelVia>.All(request, "via"),
            Causes = QueryWords<CancelCause>.All(request, "cause"),
            Outcomes = QueryWords<CancelOutcome>.All(request, "outcome"),
            Limit = Inputs.Int(request, "limit", 1, MaximumLimit, DefaultLimit),
            After = cursor.Length == 0
                ? null
                : TimeCursor.Parse(cursor) ?? throw RequestRejected.BadRequest("'cursor' must be the nextCursor of a list."),
        };
    }

    private static string? Text(HttpRequest request, string name) =>
        request.Query[name].ToString() is { Length: > 0 } text ? Inputs.Name(name, text) : null;
}
