using System.IO.Pipelines;
using System.Text;
using System.Threading.Channels;

namespace Ledger.Http.Live;

/// <summary>
/// One answer of Server-Sent Events (see <see cref="EventStreams"/>). A client that reads too slowly is cut off by the server's minimum
/// data rate.
/// </summary>
public sealed class EventStream(PipeWriter output, TimeProvider clock, CancellationToken ending)
{
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private const int FramesBetweenFlushes = 64;

    private int unflushed;
    private Task beat = Task.CompletedTask;

    /// <summary>Puts a frame into the answer; it is out for certain after the next <see cref="FlushAsync"/>.</summary>
    /// <param name="data">Its data, written as native JSON.</param>
    /// <param name="id">What the caller names to resume after it; null when a stream cannot be resumed.</param>
    public async ValueTask FrameAsync<T>(string type, T data, long? id = null)
    {
        if (id is { } number)
        {
            Text(string.Create(CultureInfo.InvariantCulture, $"id: {number}\n"));
        }

        Text($"event: {type}\ndata: ");
        using (var json = new Utf8JsonWriter(output))
        {
            JsonSerializer.Serialize(json, data, Json.Options);
        }

        Text("\n\n");
        if (++unflushed >= FramesBetweenFlushes)
        {
            await FlushAsync();
        }
    }

    /// <summary>Puts in a line that readers skip.</summary>
    public void Comment(string text) => Text($": {text}\n\n");

    /// <summary>Sends what was put in. Ends when the caller's side has taken it over.</summary>
    public async Task FlushAsync()
    {
        unflushed = 0;
        var flushed = await output.FlushAsync(ending);
        if (flushed.IsCompleted || flushed.IsCanceled)
        {
            throw new OperationCanceledException("The caller has gone.");
        }
    }

    /// <summary>Waits until there is something to read, with heartbeats meanwhile. False when nothing more will come.</summary>
    public async Task<bool> WaitAsync<T>(ChannelReader<T> reader)
    {
        var next = reader.WaitToReadAsync(ending).AsTask();
        while (!next.IsCompleted)
        {
            if (beat.IsCompleted)
            {
                beat = Task.Delay(Heartbeat, clock, ending);
            }

            if (await Task.WhenAny(next, beat) == beat)
            {
                Comment("alive");
                await FlushAsync();
            }
        }

        return await next;
    }

    private void Text(string text) => Encoding.UTF8.GetBytes(text, output);
}
