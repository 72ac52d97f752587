using Ledger.Http.Errors;

namespace Ledger.Http.Requests;

/// <summary>The times <c>from</c> and <c>to</c> of a query string.</summary>
public static class QueryTimeRange
{
    /// <summary>Reads them; each may be absent.</summary>
    /// <exception cref="RequestRejected">400 for what is no ISO 8601 time, and for a range that ends before it begins.</exception>
    public static (DateTimeOffset? From, DateTimeOffset? To) Read(HttpRequest request)
    {
        var range = (From: Inputs.Time(request, "from"), To: Inputs.Time(request, "to"));
        return range.From > range.To ? throw RequestRejected.BadRequest("'from' must not be after 'to'.") : range;
    }
}
