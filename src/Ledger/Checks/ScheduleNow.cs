using Ledger.Streams;

namespace Ledger.Checks;

/// <summary>"Schedule now", for every interface that has the button.</summary>
public static class ScheduleNow
{
    /// <summary>Begins a session of a check, one run at each location.</summary>
    /// <param name="sessions">Where sessions begin.</param>
    /// <param name="caller">Who presses the button.</param>
    /// <param name="check">The check.</param>
    /// <param name="locations">Only at these; at all of the check's when null.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The session, or why there is none.</returns>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public static async Task<(SessionSnapshot? Made, Refusal? Refusal)> ScheduleNowAsync(
        this SessionWriter sessions, Caller caller, Check check, IReadOnlyList<string>? locations, DateTimeOffset now, CancellationToken cancellation)
    {
        var decision = Decide(check, locations, caller, now);
        if (decision.Answer is not { } command)
        {
            return (null, decision.Refusal);
        }

        var (made, refusal) = await sessions.TriggerAsync(caller, [command], cancellation);
        return (refusal is null ? made[0] : null, refusal);
    }

    /// <summary>The command that begins the session; refused for a check that no trigger may start either, and for a location that it does not have.</summary>
    public static Decision<TriggerSession> Decide(Check check, IReadOnlyList<string>? locations, Caller caller, DateTimeOffset now)
    {
        if (check.Summary.WhyNotStartable is { } why)
        {
            return Refuse(RefusalKind.NotStartable, why);
        }

        if (locations is { Count: 0 })
        {
            return Refuse(RefusalKind.Malformed, "'locations' must name at least one location, or be absent for all of the check's.");
        }

        return locations?.FirstOrDefault(location => !check.Locations.Contains(location, StringComparer.Ordinal)) is { } foreign
            ? Refuse(RefusalKind.Malformed, $"The check does not run at '{foreign}'.")
            : Decision<TriggerSession>.Accept(new TriggerSession(
                Guid.CreateVersion7(now),
                caller.AccountId,
                SessionKind.Check,
                caller.Project,
                check.Name,
                SessionSource.ScheduleNow,
                caller.Actor,
                ConcurrencyGroup: null,
                ConflictBehaviour.Queue,
                Metadata: null,
                [.. (locations?.Distinct(StringComparer.Ordinal) ?? check.Locations).Select(location => check.At(location, check.Spec, now))]));
    }

    private static Decision<TriggerSession> Refuse(RefusalKind kind, string message) => Decision<TriggerSession>.Refuse(new Refusal(kind, message));
}
