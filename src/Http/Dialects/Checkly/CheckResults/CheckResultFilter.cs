using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Projections;
using Ledger.Projections.CheckResults;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.CheckResults;

/// <summary>Reads the query of a list of results (wire.md 3.5).</summary>
public static class CheckResultFilter
{
    private const int MaximumLimit = 100;
    private const int DefaultLimit = 10;
    private const string AllTypes = "ALL";

    /// <summary>How far apart <c>from</c> and <c>to</c> may be in version 1.</summary>
    private static readonly TimeSpan LongestRange = TimeSpan.FromHours(6);

    private static readonly Dictionary<string, ResultType?> ResultTypes = new(StringComparer.Ordinal)
    {
        ["FINAL"] = ResultType.Final,
        ["ATTEMPT"] = ResultType.Attempt,
        [AllTypes] = null,
    };

    /// <summary>Version 1: pages by number, within six hours.</summary>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    public static CheckResultsQuery ReadPage(HttpRequest request, Guid accountId, Guid checkId, DateTimeOffset now)
    {
        var query = Read(request, accountId, checkId);
        var page = Math.Max(1, Inputs.Int(request, "page", 0, int.MaxValue, 1));
        return Within(query with { Offset = (page - 1L) * query.Limit }, now);
    }

    /// <summary>Version 2: pages by cursor, over any range.</summary>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    public static CheckResultsQuery ReadAfter(HttpRequest request, Guid accountId, Guid checkId) =>
        Read(request, accountId, checkId) with { After = Cursor(request) };

    private static CheckResultsQuery Read(HttpRequest request, Guid accountId, Guid checkId) => new(accountId, checkId)
    {
        Limit = Inputs.Int(request, "limit", 1, MaximumLimit, DefaultLimit),
        Location = request.Query["location"].ToString() is { Length: > 0 } location ? location : null,
        CheckType = QueryValues.Word(request, "checkType", CheckTypes.Known),
        HasFailures = QueryValues.Flag(request, "hasFailures"),
        ResultType = ResultTypes[QueryValues.Word(request, "resultType", ResultTypes.Keys) ?? "FINAL"],
        From = QueryValues.UnixTime(request, "from"),
        To = QueryValues.UnixTime(request, "to"),
    };

    /// <summary>One end alone means six hours from it, none the last six hours, with no end: what comes meanwhile is shown.</summary>
    private static CheckResultsQuery Within(CheckResultsQuery query, DateTimeOffset now) => query switch
    {
        { From: { } from, To: { } to } when (to - from).Duration() > LongestRange =>
            throw RequestRejected.BadRequest("'from' and 'to' must be at most 6 hours apart."),
        { From: not null, To: not null } => query,
        { From: { } from } => query with { To = from < DateTimeOffset.MaxValue - LongestRange ? from + LongestRange : null },
        { To: { } to } => query with { From = to.Subtract(LongestRange) },
        _ => query with { From = now - LongestRange },
    };

    private static TimeCursor? Cursor(HttpRequest request)
    {
        if (!request.Query.ContainsKey("nextId"))
        {
            return null;
        }

        return TimeCursor.Parse(request.Query["nextId"])
            ?? throw RequestRejected.BadRequest("'nextId' must be the nextId of the page before.");
    }
}
