using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Projections.Alerts;

namespace Ledger.Http.Dialects.Checkly.CheckAlerts;

/// <summary>Reads the query of a list of alerts (wire.md 3.10).</summary>
public static class CheckAlertFilter
{
    private const int MaximumLimit = 100;
    private const int DefaultLimit = 10;

    private static readonly TimeSpan LongestRange = TimeSpan.FromHours(6);

    /// <summary>One end alone means six hours from it, none the last six hours, with no end: what comes meanwhile is shown.</summary>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    public static DueAlertsQuery Read(HttpRequest request, Guid accountId, DateTimeOffset now)
    {
        var limit = Inputs.Int(request, "limit", 1, MaximumLimit, DefaultLimit);
        var page = Inputs.Int(request, "page", 1, int.MaxValue, 1);
        var from = QueryValues.UnixTime(request, "from");
        var to = QueryValues.UnixTime(request, "to");
        if (from is not null && to is not null && (to.Value - from.Value).Duration() > LongestRange)
        {
            throw RequestRejected.BadRequest("'from' and 'to' must be at most 6 hours apart.");
        }

        return new DueAlertsQuery(accountId, from ?? (to ?? now).Subtract(LongestRange))
        {
            To = to ?? (from is { } start && start < DateTimeOffset.MaxValue - LongestRange ? start + LongestRange : null),
            Offset = (page - 1L) * limit,
            Limit = limit,
        };
    }
}
