using System.Collections.Concurrent;
using Ledger.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ledger;

/// <summary>
/// The one way in which something goes on in the background for as long as the host lives. A part that ends by an error, or at all, makes the
/// host unready under its name, is counted, and is started again; so is named one that has done nothing for longer than it may.
/// </summary>
/// <param name="logger">Where errors are told, each once until the part is well again; null for nowhere.</param>
/// <param name="metrics">Where errors are counted; null for nowhere.</param>
public sealed partial class BackgroundLoops(ILogger<BackgroundLoops>? logger = null, LedgerMetrics? metrics = null) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly ILogger logger = logger ?? NullLogger<BackgroundLoops>.Instance;
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentBag<Task> running = [];
    private readonly ConcurrentDictionary<string, Part> parts = new(StringComparer.Ordinal);

    /// <summary>The parts that were started, by their names.</summary>
    public IReadOnlyCollection<string> Names => [.. parts.Keys];

    /// <summary>The parts that do not work now, by their names, and why.</summary>
    public IReadOnlyDictionary<string, Exception> Faults => parts
        .Where(part => part.Value.CurrentFault is not null)
        .ToDictionary(part => part.Key, part => part.Value.CurrentFault!, StringComparer.Ordinal);

    /// <summary>Whether all parts work.</summary>
    public bool AreHealthy => parts.Values.All(part => part.CurrentFault is null);

    /// <summary>Runs a part until the host stops.</summary>
    /// <param name="name">What operators know it by.</param>
    /// <param name="work">Works until it is told to stop; calls the action whenever it has seen that it works.</param>
    /// <param name="patience">How long it may work without saying so; null for as long as it likes.</param>
    public void Run(string name, Func<Action, CancellationToken, Task> work, TimeSpan? patience = null)
    {
        var part = parts.GetOrAdd(name, _ => new Part(patience));
        running.Add(Task.Run(() => RunAsync(name, part, work)));
    }

    /// <summary>Does something again and again until the host stops.</summary>
    /// <param name="name">What operators know it by.</param>
    /// <param name="pause">The time between the end of one and the begin of the next.</param>
    /// <param name="work">Does it once.</param>
    public void Every(string name, TimeSpan pause, Func<CancellationToken, Task> work) => Run(name, async (isWell, token) =>
    {
        while (true)
        {
            await work(token);
            isWell();
            await Task.Delay(pause, token);
        }
    });

    /// <summary>Ends all parts, and waits for them.</summary>
    public async ValueTask DisposeAsync()
    {
        if (stopping.IsCancellationRequested)
        {
            return;
        }

        await stopping.CancelAsync();
        await Task.WhenAll(running);
        stopping.Dispose();
    }

    private async Task RunAsync(string name, Part part, Func<Action, CancellationToken, Task> work)
    {
        var token = stopping.Token;
        while (!token.IsCancellationRequested)
        {
            try
            {
                await work(part.IsWell, token);
                throw new InvalidOperationException($"{name} has ended.");
            }
            catch (Exception) when (token.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                metrics?.PartFailed(name);
                if (part.Fail(fault))
                {
                    LogFault(name, fault);
                }

                await Task.Delay(Pause, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "The background part {Name} has ended by an error, and is started again until it works.")]
    private partial void LogFault(string name, Exception fault);

    private sealed class Part(TimeSpan? patience)
    {
        private long wellAt = TimeProvider.System.GetTimestamp();
        private volatile Exception? fault;

        public Exception? CurrentFault => fault
            ?? (patience is { } longest && TimeProvider.System.GetElapsedTime(Volatile.Read(ref wellAt)) > longest
                ? new TimeoutException($"It has done nothing for {longest.TotalSeconds:0} s.")
                : null);

        public void IsWell()
        {
            Volatile.Write(ref wellAt, TimeProvider.System.GetTimestamp());
            fault = null;
        }

        /// <summary>Whether it was well before.</summary>
        public bool Fail(Exception cause)
        {
            var wasWell = fault is null;
            fault = cause;
            return wasWell;
        }
    }
}
