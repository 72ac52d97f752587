using Microsoft.AspNetCore.Http.Features;

namespace Ledger.Http.Live;

/// <summary>
/// Answers with Server-Sent Events: frames as they come, and a comment every <see cref="EventStream.Heartbeat"/>, so that both sides
/// notice when the other has gone. A stream ends with its caller, with the host, and with its key (<see cref="KeyWatch"/>).
/// </summary>
public sealed class EventStreams(IHostApplicationLifetime lifetime, TimeProvider clock)
{
    /// <summary>Answers with a stream until it ends, or until <paramref name="write"/> does.</summary>
    public async Task RunAsync(HttpContext context, Func<EventStream, Task> write)
    {
        context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache, no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        if (HeadRequests.Is(context))
        {
            return;
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var stream = new EventStream(context.Response.BodyWriter, clock, ending.Token);
        try
        {
            stream.Comment("connected");
            await stream.FlushAsync();
            await write(stream);
        }
        catch (Exception end) when (end is OperationCanceledException or StoreUnavailableException)
        {
            // That is how a stream ends; in an outage of the database too, when it has to read: the caller comes again.
        }
    }
}
