using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Ledger.Http.Tests.Hosting;

/// <summary>A stream of Server-Sent Events that is read one by one.</summary>
internal sealed class OpenStream : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly HttpResponseMessage response;
    private readonly IAsyncEnumerator<SseItem<string>> frames;

    private OpenStream(HttpResponseMessage response, IAsyncEnumerator<SseItem<string>> frames)
    {
        this.response = response;
        this.frames = frames;
    }

    /// <summary>Opens a stream.</summary>
    public static async Task<OpenStream> OpenAsync(HttpClient client, string path, long? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (lastEventId is { } last)
        {
            request.Headers.Add("Last-Event-ID", $"{last}");
        }

        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
        response.EnsureSuccessStatusCode();
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        var body = await response.Content.ReadAsStreamAsync();
        return new OpenStream(response, SseParser.Create(body).EnumerateAsync().GetAsyncEnumerator());
    }

    /// <summary>The next frame.</summary>
    public async Task<Frame> NextAsync()
    {
        (await frames.MoveNextAsync().AsTask().WaitAsync(Patience)).ShouldBeTrue("The stream has ended.");
        var frame = frames.Current;
        return new Frame(frame.EventType, frame.EventId, JsonSerializer.Deserialize<JsonElement>(frame.Data));
    }

    /// <summary>The next frame that satisfies a condition: signals may come twice.</summary>
    public async Task<Frame> NextAsync(Func<Frame, bool> condition)
    {
        while (true)
        {
            if (await NextAsync() is var frame && condition(frame))
            {
                return frame;
            }
        }
    }

    /// <summary>Ends when the server has ended the stream.</summary>
    public async Task EndAsync() => (await HasNextAsync()).ShouldBeFalse();

    /// <summary>Reads a frame and forgets it; false when the server has ended the stream.</summary>
    public Task<bool> HasNextAsync() => frames.MoveNextAsync().AsTask().WaitAsync(Patience);

    public ValueTask DisposeAsync()
    {
        response.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>One event of a stream.</summary>
internal sealed record Frame(string Type, string? Id, JsonElement Data);
