using System.Text.Json;
using Ledger.Http.Requests;
using Ledger.Sessions.Events;

namespace Ledger.Http.Checks;

/// <summary>Turns registered checks into runs.</summary>
public static class PlannedChecks
{
    /// <summary>A run of a check at one location.</summary>
    /// <param name="check">The check; its limits on response times become the run's.</param>
    /// <param name="location">Where.</param>
    /// <param name="spec">What to execute: the check's own spec, or one made from it.</param>
    /// <param name="now">The time, for the sequence id.</param>
    public static PlannedRun At(this Check check, string location, JsonElement? spec, DateTimeOffset now) => new(
        Guid.CreateVersion7(now),
        check.Id,
        check.CheckType,
        check.Name,
        location,
        spec,
        Inputs.TimeoutOf(spec),
        DegradedAfterMs: check.DegradedResponseTime,
        MaxResponseTimeMs: check.MaxResponseTime);
}
