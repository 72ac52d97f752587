using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Ledger.Runner.Tests.Fakes;

/// <summary>A call that the runner made.</summary>
internal sealed record Call(string Method, string Path, string? RunnerHeader, string? Authorization, JsonNode? Body)
{
    /// <summary>The trace that it belongs to.</summary>
    public string? Traceparent { get; init; }

    /// <summary>The last segment of the path: claims, start, heartbeat, abort, …</summary>
    public string What => Path[(Path.LastIndexOf('/') + 1)..];

    public bool IsAbout(FakeRun run) => Path.Contains(run.SequenceId.ToString(), StringComparison.Ordinal);
}

/// <summary>A ledger that says what a test tells it to, and remembers what it was told, in order.</summary>
internal sealed class FakeLedger : IAsyncDisposable
{
    public const string Key = "a-runner-key";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly WebApplication app;
    private readonly Channel<FakeRun> queue = Channel.CreateUnbounded<FakeRun>();
    private readonly ConcurrentQueue<Call> calls = new();
    private readonly ConcurrentDictionary<int, Channel<string>> streams = new();
    private volatile TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int streamNumber;

    private FakeLedger(WebApplication app) => this.app = app;

    /// <summary>Where it listens.</summary>
    public Uri Url => new(app.Urls.First());

    /// <summary>Everything it was told, in order.</summary>
    public IReadOnlyList<Call> Calls => [.. calls];

    /// <summary>Answers a call out of the ordinary; null leaves it to the ordinary answer.</summary>
    public Func<Call, IResult?> Script { get; set; } = _ => null;

    /// <summary>Cuts every connection without an answer.</summary>
    public bool IsAway { get; set; }

    /// <summary>What heartbeats say about a run.</summary>
    public ConcurrentDictionary<Guid, object> HeartbeatCancels { get; } = new();

    /// <summary>Bundles by their keys.</summary>
    public ConcurrentDictionary<string, byte[]> Bundles { get; } = new(StringComparer.Ordinal);

    /// <summary>What claims say beside the runs.</summary>
    public ConcurrentBag<object> ClaimCancels { get; } = [];

    /// <summary>Runs that the ledger has settled.</summary>
    public ConcurrentDictionary<Guid, bool> Late { get; } = new();

    public static async Task<FakeLedger> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var ledger = new FakeLedger(app);
        app.Run(ledger.AnswerAsync);
        await app.StartAsync();
        return ledger;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var stream in streams.Values)
        {
            stream.Writer.TryComplete();
        }

        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }

    public FakeRun Enqueue(FakeRun run)
    {
        queue.Writer.TryWrite(run).ShouldBeTrue();
        return run;
    }

    /// <summary>Sends a cancel to every open signal stream, waiting for one if there is none.</summary>
    public async Task SignalAsync(FakeRun run, Guid cancelId, string mode = "graceful")
    {
        await Eventually.ShouldAsync(() => !streams.IsEmpty, "the runner listens for signals");
        foreach (var stream in streams.Values)
        {
            stream.Writer.TryWrite(JsonSerializer.Serialize(Cancel(run, cancelId, mode), JsonSerializerOptions.Web));
        }
    }

    public static object Cancel(FakeRun run, Guid cancelId, string mode = "graceful") =>
        new { cancelId, run.SessionId, run.SequenceId, reason = "a test asked", mode };

    /// <summary>Waits for a call about a run.</summary>
    public async Task<Call> HearsAsync(FakeRun run, string what)
    {
        var deadline = DateTime.UtcNow + Patience;
        while (true)
        {
            var changed = this.changed.Task;
            if (calls.FirstOrDefault(c => c.IsAbout(run) && c.What == what) is { } call)
            {
                return call;
            }

            if (DateTime.UtcNow > deadline)
            {
                throw new TimeoutException($"no {what}; heard: {string.Join(", ", calls.Select(c => c.What).Distinct())}");
            }

            await Task.WhenAny(changed, Task.Delay(TimeSpan.FromSeconds(1)));
        }
    }

    /// <summary>Waits for the result that says how the run ended.</summary>
    public async Task<JsonNode> FinalAsync(FakeRun run)
    {
        await Eventually.ShouldAsync(() => ResultsOf(run).Any(IsFinal), "the final result");
        return ResultsOf(run).First(IsFinal);
    }

    /// <summary>The results of the tries that failed, so far.</summary>
    public IReadOnlyList<JsonNode> AttemptsOf(FakeRun run) => [.. ResultsOf(run).Where(body => !IsFinal(body))];

    private IEnumerable<JsonNode> ResultsOf(FakeRun run) => calls.Where(c => c.IsAbout(run) && c.What == "results").Select(c => c.Body!);

    private static bool IsFinal(JsonNode body) => (string?)body["resultType"] == "FINAL";

    /// <summary>What was told about a run, heartbeats left out.</summary>
    public IReadOnlyList<string> Told(FakeRun run) => [.. calls.Where(c => c.IsAbout(run) && c.What != "heartbeat").Select(c => c.What)];

    private async Task AnswerAsync(HttpContext context)
    {
        var body = context.Request.ContentLength > 0 ? await JsonNode.ParseAsync(context.Request.Body) : null;
        var call = new Call(
            context.Request.Method,
            context.Request.Path,
            context.Request.Headers["Ledger-Runner"],
            context.Request.Headers.Authorization,
            body)
        {
            Traceparent = context.Request.Headers.TraceParent,
        };
        if (IsAway)
        {
            context.Abort();
            return;
        }

        calls.Enqueue(call);
        Interlocked.Exchange(ref changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        if (call.What == "signals" && Script(call) is null)
        {
            await StreamAsync(context);
            return;
        }

        await (Script(call) ?? await OrdinaryAsync(call, context.RequestAborted)).ExecuteAsync(context);
    }

    private async Task<IResult> OrdinaryAsync(Call call, CancellationToken aborted)
    {
        if (call.What == "claims")
        {
            return await ClaimAsync(call, aborted);
        }

        if (call.What == "cancel")
        {
            return Results.Json(
                new { cancelId = Guid.NewGuid(), targeted = call.Body!["sequenceIds"], skipped = Array.Empty<string>() }, statusCode: 202);
        }

        if (call.Method == "GET")
        {
            return Bundles.TryGetValue(call.What, out var bundle) ? Results.Bytes(bundle) : Results.NotFound();
        }

        var sequenceId = Guid.Parse(call.Path.Split('/')[^2]);
        var late = Late.ContainsKey(sequenceId) ? true : (bool?)null;
        return call.What is "heartbeat"
            ? Results.Json(new { leaseSeconds = 0.3, cancel = HeartbeatCancels.GetValueOrDefault(sequenceId), late })
            : Results.Json(new { late });
    }

    private async Task<IResult> ClaimAsync(Call call, CancellationToken aborted)
    {
        var wait = TimeSpan.FromSeconds(ClaimCancels.IsEmpty ? (int)call.Body!["waitSeconds"]! : 0.5);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        end.CancelAfter(wait);
        var runs = new List<FakeRun>();
        try
        {
            if (await queue.Reader.WaitToReadAsync(end.Token))
            {
                while (runs.Count < (int)call.Body!["max"]! && queue.Reader.TryRead(out var run))
                {
                    runs.Add(run);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Nothing came within the wait.
        }

        return Results.Json(new { runs, cancels = ClaimCancels.ToArray() });
    }

    private async Task StreamAsync(HttpContext context)
    {
        var number = Interlocked.Increment(ref streamNumber);
        var stream = Channel.CreateUnbounded<string>();
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync(": welcome\n\n", context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        streams[number] = stream;
        try
        {
            await foreach (var data in stream.Reader.ReadAllAsync(context.RequestAborted))
            {
                await context.Response.WriteAsync($"event: cancel\ndata: {data}\n\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // The runner left.
        }
        finally
        {
            streams.TryRemove(number, out _);
        }
    }
}
