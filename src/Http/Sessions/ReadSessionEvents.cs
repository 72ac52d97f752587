using Ledger.Http.Live;
using Ledger.Serialization;

namespace Ledger.Http.Sessions;

public static class SessionEventsEndpoint
{
    [WolverineGet("/ledger/sessions/{sessionId}/events"), Authorize(Scopes.Read), Tags("Sessions")]
    [EndpointSummary("The session's events, in order.")]
    [QueryNumber("after", "Only events after this version of the stream.")]
    [QueryNumber("limit", "At most so many; all when absent.")]
    [ProducesResponseType<IReadOnlyList<EventView>>(200)]
    public static async Task<IResult> Get(
        string sessionId, Caller caller, SessionWriter sessions, HttpRequest request, CancellationToken cancellation)
    {
        var after = request.Int("after", 0, int.MaxValue, 0);
        var limit = request.Int("limit", 1, int.MaxValue, int.MaxValue);
        return await sessions.ReadEventsAsync(caller, Inputs.Uuid("session id", sessionId), after, cancellation) is { } events
            ? TypedResults.Json(events.Take(limit).Select(EventView.Of), Json.Options)
            : throw RequestRejected.NotFound("There is no such session.");
    }
}

/// <summary>
/// A session's events as they happen. It goes on after the session is settled, since late reports may come, and ends with the host or with a
/// reader who is too slow: who comes again with <c>Last-Event-ID</c> misses nothing.
/// </summary>
public static class SessionLiveEndpoint
{
    private const string LastEventId = "Last-Event-ID";

    [WolverineGet("/ledger/sessions/{sessionId}/live"), Authorize(Scopes.Read), Errors(404), Tags("Sessions")]
    [EndpointSummary("The session's events as Server-Sent Events: those so far, then each as it happens. Resumes with Last-Event-ID.")]
    [HeaderText(LastEventId, "The version that was seen last.")]
    [ProducesResponseType(typeof(EventView), StatusCodes.Status200OK, "text/event-stream")]
    public static async Task<IResult> Get(
        string sessionId, Caller caller, SessionFeed feed, SessionWriter sessions, EventLog log, EventStreams streams, HttpContext context)
    {
        var id = Inputs.Uuid("session id", sessionId);
        var last = LastSeen(context.Request);
        using var subscription = feed.Subscribe(caller.Stream(id));
        if (await sessions.ReadAsync(caller, id, context.RequestAborted) is null)
        {
            throw RequestRejected.NotFound("There is no such session.");
        }

        await streams.RunAsync(context, async events =>
        {
            for (var isLast = false; !isLast;)
            {
                (var history, isLast) = await log.ReadStreamPageAsync(caller.Stream(id), last, context.RequestAborted);
                last = history is [.., { Version: var version }] ? version : last;
                if (isLast)
                {
                    // Before the page is written, which may take as long as the reader likes: what comes meanwhile waits.
                    subscription.Start(last);
                }

                foreach (var recorded in history)
                {
                    await WriteAsync(events, recorded);
                }
            }

            await events.FlushAsync();
            while (await events.WaitAsync(subscription.Events))
            {
                while (subscription.TryRead(out var recorded))
                {
                    await WriteAsync(events, recorded);
                }

                await events.FlushAsync();
            }
        });
        return Results.Empty;

        static ValueTask WriteAsync(EventStream events, RecordedEvent recorded) =>
            events.FrameAsync(recorded.Type, EventView.Of(recorded), recorded.Version);
    }

    private static long LastSeen(HttpRequest request)
    {
        var header = request.Headers[LastEventId].ToString();
        if (header.Length == 0)
        {
            return 0;
        }

        return long.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : throw RequestRejected.BadRequest($"The header {LastEventId} must be the id of an event.");
    }
}

/// <summary>An event as readers see it.</summary>
/// <param name="Position">Its place in the global order.</param>
/// <param name="Type">Its name, such as <c>cancel_requested</c>.</param>
/// <param name="Actor">Who caused it; null for a queued run that ended with its cancel.</param>
/// <param name="Data">The event itself, without the values of secrets.</param>
public sealed record EventView(long Position, long Version, string Type, DateTimeOffset Timestamp, Actor? Actor, JsonElement Data)
{
    public static EventView Of(RecordedEvent recorded) => new(
        recorded.Position,
        recorded.Version,
        recorded.Type,
        recorded.Timestamp,
        ActorOf(recorded.Data),
        JsonSerializer.SerializeToElement(Shown(recorded.Data), EventTypes.For(recorded.Data).Json));

    private static ISessionEvent Shown(ISessionEvent data) => data is SessionTriggered triggered
        ? triggered with { Runs = [.. triggered.Runs.Select(run => run with { Spec = SpecSecrets.Shown(run.Spec) })] }
        : data;

    private static Actor? ActorOf(ISessionEvent data) => data switch
    {
        SessionTriggered e => e.Actor,
        CancelRequested e => e.Actor,
        CancelRefused e => e.Actor,
        RunClaimed e => Runner(e.RunnerId),
        RunStarted e => Runner(e.RunnerId),
        CancelDelivered => Actor.Signals,
        CancelAcknowledged e => Runner(e.RunnerId),
        RunAborted { RunnerId: { } runner } => Runner(runner),
        RunAborted => null,
        ResultReported e => Runner(e.RunnerId),
        LateReport e => Runner(e.RunnerId),
        CancelExpired or RunTimedOut or RunRequeued or RunLost => Actor.Deadlines,
        _ => throw new ArgumentOutOfRangeException(nameof(data), data.GetType().Name, "An event without an actor rule."),
    };

    private static Actor Runner(string id) => new(ActorKind.Runner, id);
}
