using System.Globalization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Http.Sessions;
using Ledger.Store;

namespace Ledger.Http.Live;

/// <summary>
/// A session's events as they happen (http.md). It goes on after the session is settled, since late reports may come, and ends with the
/// host or with a reader who is too slow: who comes again with <c>Last-Event-ID</c> misses nothing.
/// </summary>
public static class SessionLive
{
    private const string LastEventId = "Last-Event-ID";

    public static void MapSessionLive(this IEndpointRouteBuilder routes) => routes
        .MapGet("/ledger/sessions/{sessionId}/live", LiveAsync)
        .RequireScope(Scope.Read)
        .WithTags("Sessions")
        .WithSummary("The session's events as Server-Sent Events: those so far, then each as it happens. Resumes with Last-Event-ID.")
        .ReadsHeader(LastEventId, "The position that was seen last.")
        .Produces<EventView>(contentType: "text/event-stream")
        .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task LiveAsync(HttpContext context, string sessionId, SessionFeed feed, EventLog store, EventStreams streams)
    {
        var stream = context.Stream(sessionId);
        var last = LastSeen(context.Request);
        using var subscription = feed.Subscribe(stream);
        var history = await store.ReadStreamAsync(stream, 0, context.RequestAborted);
        if (history.Count == 0)
        {
            throw RequestRejected.NotFound("There is no such session.");
        }

        await streams.RunAsync(context, async events =>
        {
            foreach (var recorded in history)
            {
                last = await WriteAsync(events, recorded, last);
            }

            await events.FlushAsync();
            while (await events.WaitAsync(subscription.Events))
            {
                while (subscription.Events.TryRead(out var recorded))
                {
                    last = await WriteAsync(events, recorded, last);
                }

                await events.FlushAsync();
            }
        });
    }

    private static async ValueTask<long> WriteAsync(EventStream events, RecordedEvent recorded, long last)
    {
        if (recorded.Position <= last)
        {
            return last;
        }

        await events.FrameAsync(recorded.Type, EventView.Of(recorded), recorded.Position);
        return recorded.Position;
    }

    private static long LastSeen(HttpRequest request)
    {
        var header = request.Headers[LastEventId].ToString();
        if (header.Length == 0)
        {
            return 0;
        }

        return long.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out var position)
            ? position
            : throw RequestRejected.BadRequest($"The header {LastEventId} must be the id of an event.");
    }
}
