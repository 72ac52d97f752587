using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Ledger.Http.Tests.AlertChannels;

/// <summary>A receiver of webhooks on this machine that does what a test tells it to.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<Received> received = new();

    private Receiver(WebApplication app) => this.app = app;

    public Uri Url => new($"{app.Urls.Single().Replace("127.0.0.1", "localhost", StringComparison.Ordinal)}/hook");

    /// <summary>What came, in order.</summary>
    public IReadOnlyList<Received> All => [.. received];

    /// <summary>Answers the nth request, from 1.</summary>
    public Func<HttpContext, int, Task> Answer { get; set; } = (_, _) => Task.CompletedTask;

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = new Receiver(builder.Build());
        receiver.app.Run(receiver.ReceiveAsync);
        await receiver.app.StartAsync();
        return receiver;
    }

    public void AnswerWith(params int[] statuses) => Answer = (context, n) =>
    {
        context.Response.StatusCode = statuses[Math.Min(n, statuses.Length) - 1];
        return context.Response.WriteAsync($"answer {n}");
    };

    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await app.StopAsync(atOnce.Token);
        await app.DisposeAsync();
    }

    private async Task ReceiveAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        received.Enqueue(new Received(
            context.Request.Path,
            context.Request.Headers["webhook-id"].ToString(),
            context.Request.Headers["webhook-timestamp"].ToString(),
            context.Request.Headers["webhook-signature"].ToString(),
            body));
        await Answer(context, received.Count);
    }
}

/// <summary>A webhook as it came.</summary>
internal sealed record Received(string Path, string Id, string Timestamp, string Signature, string Body);
