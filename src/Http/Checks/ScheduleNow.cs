using Ledger.Http.Sessions;

namespace Ledger.Http.Checks;

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
