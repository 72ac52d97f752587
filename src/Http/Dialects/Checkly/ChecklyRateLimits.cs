using Ledger.Http.RateLimits;

namespace Ledger.Http.Dialects.Checkly;

/// <summary>The classes of routes for which the vendor documents figures of their own (wire.md 2.7).</summary>
public static class ChecklyRateLimits
{
    public static RateLimit CheckResults { get; } = new("check-results", 60, 60);

    public static RateLimit Analytics { get; } = new("analytics", 30, 60);

    public static RateLimit AlertNotifications { get; } = new("alert-notifications", 5, 10);
}
