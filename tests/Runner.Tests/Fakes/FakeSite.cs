using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Ledger.Runner.Tests.Fakes;

/// <summary>A request as it arrived at the service under test.</summary>
internal sealed record Arrived(
    string Method, string PathAndQuery, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>What an API check asks: it answers what its path says.</summary>
internal sealed class FakeSite : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly SemaphoreSlim left = new(0);

    private FakeSite(WebApplication app) => this.app = app;

    /// <summary>Where it listens, without a slash at the end.</summary>
    public string Url => app.Urls.First();

    public ConcurrentQueue<Arrived> Requests { get; } = new();

    public static async Task<FakeSite> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var service = new FakeSite(app);
        app.Run(service.AnswerAsync);
        await app.StartAsync();
        return service;
    }

    /// <summary>Waits until somebody who waited for an answer has left.</summary>
    public async Task SomebodyLeavesAsync() => (await left.WaitAsync(TimeSpan.FromSeconds(60))).ShouldBeTrue("the request is ended");

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
        left.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        Requests.Enqueue(new Arrived(
            context.Request.Method,
            context.Request.Path + context.Request.QueryString,
            context.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString(), StringComparer.Ordinal),
            await reader.ReadToEndAsync()));
        switch (context.Request.Path.Value)
        {
            case "/endless":
                await EndlessAsync(context);
                break;
            case "/cut":
                context.Abort();
                break;
            case "/redirect":
                context.Response.Redirect("/json");
                break;
            case "/half":
                await context.Response.WriteAsync("""{"half":"\ud83d","whole":"\ud83d\ude00"}""");
                break;
            case "/gzip" or "/deflate" or "/br":
                context.Response.Headers.ContentEncoding = context.Request.Path.Value[1..];
                await context.Response.WriteAsync("not compressed at all");
                break;
            case "/utf-7":
                context.Response.ContentType = "text/plain; charset=utf-7";
                await context.Response.WriteAsync("plain");
                break;
            case "/large":
                await context.Response.WriteAsync(new string('x', 11 << 20));
                break;
            case "/json":
                context.Response.Headers["X-Limit"] = "limit=42; window=60";
                await Results.Json(new
                {
                    name = "Ledger",
                    count = 3,
                    open = true,
                    nothing = (string?)null,
                    empty = Array.Empty<int>(),
                    items = new[] { new { id = 1, tag = "a" }, new { id = 2, tag = "b" } },
                }).ExecuteAsync(context);
                break;
            case var path:
                context.Response.StatusCode = int.Parse(path!.AsSpan(1));
                await context.Response.WriteAsync("<!doctype html><p>Welcome</p>");
                break;
        }
    }

    private async Task EndlessAsync(HttpContext context)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            left.Release();
        }
    }
}
