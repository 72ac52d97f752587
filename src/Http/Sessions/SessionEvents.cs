using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Http.Access;
using Ledger.Http.Checks;
using Ledger.Http.Errors;
using Ledger.Http.Live;
using Ledger.Http.Requests;
using Ledger.Serialization;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Sessions;

/// <summary>Reads a session's events.</summary>
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
        var after = Inputs.Int(request, "after", 0, int.MaxValue, 0);
        var limit = Inputs.Int(request, "limit", 1, int.MaxValue, int.MaxValue);
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
/// <param name="Version">Its place in the session's stream.</param>
/// <param name="Type">Its name, such as <c>cancel_requested</c>.</param>
/// <param name="Timestamp">When it was recorded.</param>
/// <param name="Actor">Who caused it; null for a queued run that ended with its cancel.</param>
/// <param name="Data">The event itself, without the values of secret variables.</param>
public sealed record EventView(long Position, long Version, string Type, DateTimeOffset Timestamp, Actor? Actor, JsonElement Data)
{
    public static EventView Of(RecordedEvent recorded) => new(
        recorded.Position,
        recorded.Version,
        recorded.Type,
        recorded.Timestamp,
        ActorOf(recorded.Data),
        SecretVariables.Masked(recorded.Data, JsonSerializer.SerializeToElement(recorded.Data, EventTypes.For(recorded.Data).Json)));

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

/// <summary>
/// Keeps the values of secret variables from readers. They stand in the session's first event, since a runner on any host has to get them, and
/// are shown to the runner that claims the run alone.
/// </summary>
public static class SecretVariables
{
    private const string Mask = "***";

    /// <summary>The event's data as readers may see it.</summary>
    public static JsonElement Masked(ISessionEvent data, JsonElement json)
    {
        if (data is not SessionTriggered triggered || triggered.Runs.All(run => NamesIn(run.Spec).Count == 0))
        {
            return json;
        }

        var masked = JsonSerializer.SerializeToNode(json)!;
        foreach (var run in masked["runs"]!.AsArray())
        {
            if (run!["spec"] is JsonObject spec)
            {
                MaskIn(spec, NamesIn(spec.Deserialize<JsonElement>()));
            }
        }

        return JsonSerializer.SerializeToElement(masked);
    }

    private static HashSet<string> NamesIn(JsonElement? spec) =>
        spec is { ValueKind: JsonValueKind.Object } members
        && members.TryGetProperty(RunVariables.SecretsMember, out var names)
        && names.ValueKind is JsonValueKind.Array
            ? names.EnumerateArray().Where(name => name.ValueKind is JsonValueKind.String).Select(name => name.GetString()!)
                .ToHashSet(StringComparer.Ordinal)
            : [];

    /// <summary>Wherever a variable stands: as a member of that name, or as <c>{key, value}</c> in what a client sent.</summary>
    private static void MaskIn(JsonNode? node, HashSet<string> names)
    {
        switch (node)
        {
            case JsonObject members:
                if (members["key"] is JsonValue key && key.TryGetValue<string>(out var name) && names.Contains(name) && members.ContainsKey("value"))
                {
                    members["value"] = Mask;
                }

                foreach (var (member, value) in members.ToList())
                {
                    if (value is JsonValue && names.Contains(member))
                    {
                        members[member] = Mask;
                    }
                    else
                    {
                        MaskIn(value, names);
                    }
                }

                break;
            case JsonArray items:
                foreach (var item in items)
                {
                    MaskIn(item, names);
                }

                break;
            default:
                break;
        }
    }
}
