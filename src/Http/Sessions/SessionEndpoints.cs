using System.Globalization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Store;
using Ledger.Streams;
using Microsoft.Net.Http.Headers;

namespace Ledger.Http.Sessions;

/// <summary>Triggers and reads sessions natively (http.md, Checks and sessions).</summary>
public static class SessionEndpoints
{
    public static void MapSessions(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/ledger/sessions").WithTags("Sessions");
        group.MapPost("", TriggerAsync).RequireScope(Scope.Command).WithSummary("Triggers a session.")
            .Reads<SessionRequest>().Produces<SessionMade>(StatusCodes.Status201Created);
        group.MapGet("{sessionId}", GetAsync).RequireScope(Scope.Read)
            .WithSummary("The whole truth about a session, as it is or as it was.")
            .ReadsNumber("version", "The session as it was at this version of its stream.")
            .ReadsText("at", "The session as it was at this ISO 8601 time.")
            .Produces<SessionView>();
        group.MapGet("{sessionId}/events", EventsAsync).RequireScope(Scope.Read)
            .WithSummary("The session's events, in order.").Produces<IReadOnlyList<EventView>>();
    }

    private static async Task<IResult> TriggerAsync(HttpContext context, SessionStreams sessions, TimeProvider clock)
    {
        var request = await Body.ReadRequiredJsonAsync<SessionRequest>(context.Request, NativeJson.Options);
        var key = context.Key();
        var command = request.ToCommand(key.AccountId, key.Actor, clock.GetUtcNow());
        var (made, refusal) = await sessions.TriggerAsync([command], context.EventContext(), context.RequestAborted);
        if (refusal is not null)
        {
            throw RequestRejected.BadRequest(refusal.Message);
        }

        var session = made[0];
        context.SetPosition(session.LastPosition);
        context.Response.Headers.Location = $"/ledger/sessions/{session.Session.Id}";
        return NativeResult.Json(
            new SessionMade(
                session.Session.Id,
                session.FirstPosition,
                [
                    .. session.Session.Runs.Select(run => new RunMade(
                        run.SequenceId, run.Plan.CheckId, run.Plan.CheckType, run.Plan.Name, run.Plan.Location)),
                ]),
            StatusCodes.Status201Created);
    }

    private static async Task<IResult> GetAsync(HttpContext context, string sessionId, SessionStreams sessions)
    {
        var stream = context.Stream(sessionId);
        var snapshot = await ReadAsync(context.Request, stream, sessions) ?? throw RequestRejected.NotFound("There is no such session.");
        var tag = new EntityTagHeaderValue($"\"{snapshot.Version}\"");
        context.Response.Headers.ETag = tag.ToString();
        var known = context.Request.GetTypedHeaders().IfNoneMatch;
        return known.Any(other => other.Compare(tag, useStrongComparison: false))
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : NativeResult.Json(SessionView.Of(snapshot));
    }

    private static async Task<SessionSnapshot?> ReadAsync(HttpRequest request, StreamId stream, SessionStreams sessions)
    {
        var cancellation = request.HttpContext.RequestAborted;
        var version = request.Query["version"].ToString();
        var at = Inputs.Time(request, "at");
        if (version.Length == 0)
        {
            return at is { } time
                ? await sessions.ReadAsOfAsync(stream, recorded => recorded.Data.At <= time, cancellation)
                : await sessions.ReadAsync(stream, cancellation);
        }

        if (at is not null || !long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1)
        {
            throw RequestRejected.BadRequest("'version' must be a whole number from 1, and not together with 'at'.");
        }

        return await sessions.ReadAsOfAsync(stream, recorded => recorded.Version <= number, cancellation);
    }

    private static async Task<IResult> EventsAsync(HttpContext context, string sessionId, EventLog store)
    {
        var events = await store.ReadStreamAsync(context.Stream(sessionId), 0, context.RequestAborted);
        return events.Count == 0
            ? throw RequestRejected.NotFound("There is no such session.")
            : NativeResult.Json<IReadOnlyList<EventView>>([.. events.Select(EventView.Of)]);
    }
}
