using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Ledger.Http.Requests;
using Microsoft.AspNetCore.Http.Features;

namespace Ledger.Http.Live;

/// <summary>
/// An answer of Server-Sent Events: frames as they come, and a comment every <see cref="Heartbeat"/>, so that both sides notice when the
/// other has gone. Ends with the host. A client that reads too slowly is cut off by the server's minimum data rate.
/// </summary>
internal sealed class EventStream
{
    /// <summary>The longest silence.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private const int FramesBetweenFlushes = 64;

    private readonly HttpContext context;
    private readonly TimeProvider clock;
    private readonly CancellationToken ending;
    private int unflushed;
    private bool hasGone;

    private EventStream(HttpContext context, TimeProvider clock, CancellationToken ending)
    {
        this.context = context;
        this.clock = clock;
        this.ending = ending;
    }

    private PipeWriter Output => context.Response.BodyWriter;

    /// <summary>Answers with a stream until the caller goes, the host stops or <paramref name="write"/> ends.</summary>
    /// <param name="context">The request.</param>
    /// <param name="clock">The clock that paces heartbeats.</param>
    /// <param name="stopping">Ends when the host begins to stop.</param>
    /// <param name="write">Writes the frames.</param>
    public static async Task RunAsync(
        HttpContext context, TimeProvider clock, CancellationToken stopping, Func<EventStream, Task> write)
    {
        context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache, no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        var stream = new EventStream(context, clock, ending.Token);
        try
        {
            stream.Comment("connected");
            await stream.FlushAsync();
            await write(stream);
        }
        catch (OperationCanceledException) when (stream.hasGone || ending.IsCancellationRequested)
        {
            // The caller has gone, or the host stops: the end of a stream is its ordinary end.
        }
    }

    /// <summary>Puts a frame into the answer; it is out for certain after the next <see cref="FlushAsync"/>.</summary>
    /// <param name="type">The name of the event.</param>
    /// <param name="data">Its data, written as native JSON.</param>
    /// <param name="id">What the caller names to resume after it; null when a stream cannot be resumed.</param>
    public async ValueTask FrameAsync<T>(string type, T data, long? id = null)
    {
        if (id is { } number)
        {
            Text(string.Create(CultureInfo.InvariantCulture, $"id: {number}\n"));
        }

        Text($"event: {type}\ndata: ");
        using (var json = new Utf8JsonWriter(Output))
        {
            JsonSerializer.Serialize(json, data, NativeJson.Options);
        }

        Text("\n\n");
        if (++unflushed >= FramesBetweenFlushes)
        {
            await FlushAsync();
        }
    }

    /// <summary>Sends what was put in. Ends when the caller's side has taken it over.</summary>
    public async Task FlushAsync()
    {
        unflushed = 0;
        var flushed = await Output.FlushAsync(ending);
        if (flushed.IsCompleted || flushed.IsCanceled)
        {
            hasGone = true;
            throw new OperationCanceledException("The caller has gone.", context.RequestAborted);
        }
    }

    /// <summary>Waits until there is something to read, with heartbeats meanwhile. False when nothing more will come.</summary>
    public async Task<bool> WaitAsync<T>(ChannelReader<T> reader)
    {
        var next = reader.WaitToReadAsync(ending).AsTask();
        while (!next.IsCompleted)
        {
            using var beaten = CancellationTokenSource.CreateLinkedTokenSource(ending);
            var beat = Task.Delay(Heartbeat, clock, beaten.Token);
            if (await Task.WhenAny(next, beat) == beat)
            {
                ending.ThrowIfCancellationRequested();
                Comment("alive");
                await FlushAsync();
            }

            await beaten.CancelAsync();
        }

        return await next;
    }

    private void Comment(string text) => Text($": {text}\n\n");

    private void Text(string text) => Encoding.UTF8.GetBytes(text, Output);
}
