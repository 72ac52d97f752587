using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Http.Sessions;
using Ledger.Sessions;
using Ledger.Streams;
using Marten;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ledger.Http.Checks;

/// <summary>Starts a registered check now.</summary>
public static class ScheduleNowEndpoint
{
    [WolverinePost("/ledger/checks/{checkId}/schedule-now"), Authorize(Scopes.Command), Errors(404, 409), Tags("Checks")]
    [EndpointSummary("Starts a check now, as a person does who presses the button: a session with one run at each of its locations, or at those that are named.")]
    public static async Task<Created<SessionMade>> Post(
        string checkId,
        [FromBody] ScheduleNowRequest? request,
        Caller caller,
        IQuerySession documents,
        SessionWriter sessions,
        TimeProvider clock,
        HttpContext context,
        CancellationToken cancellation)
    {
        var check = await documents.LoadAsync<Check>(Inputs.Uuid("check id", checkId), cancellation)
            ?? throw RequestRejected.NotFound("There is no such check.");
        var (made, refusal) = await sessions.ScheduleNowAsync(caller, check, request?.Locations, clock.GetUtcNow(), cancellation);
        if (made is null)
        {
            throw refusal!.ToRejection();
        }

        context.SetPosition(made.LastPosition);
        return TypedResults.Created($"/ledger/sessions/{made.Session.Id}", SessionMade.Of(made));
    }
}

/// <summary>What to start of a check.</summary>
/// <param name="Locations">Only at these of its locations; at all of them when absent.</param>
public sealed record ScheduleNowRequest(IReadOnlyList<string>? Locations = null);

/// <summary>"Schedule now", for every interface that has the button.</summary>
public static class ScheduleNow
{
    /// <summary>Begins a session of a check, one run at each location.</summary>
    /// <returns>The session, or why there is none.</returns>
    /// <exception cref="Store.StoreUnavailableException">The database cannot be reached.</exception>
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
        if (check.WhyNotStartable is { } why)
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
