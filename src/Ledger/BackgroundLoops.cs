using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ledger;

/// <summary>
/// What goes on in the background for as long as the host lives. A part that ends by an error, or at all, makes the host unready under its
/// name, and is started again.
/// </summary>
/// <param name="logger">Where errors are told, each once until the part is well again; null for nowhere.</param>
public sealed partial class BackgroundLoops(ILogger<BackgroundLoops>? logger = null) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly ILogger logger = logger ?? NullLogger<BackgroundLoops>.Instance;
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentBag<Task> running = [];
    private readonly ConcurrentDictionary<string, Exception> faults = new(StringComparer.Ordinal);

    /// <summary>The parts that do not work now, by their names, and why.</summary>
    public IReadOnlyDictionary<string, Exception> Faults => faults;

    /// <summary>Whether all parts work.</summary>
    public bool AreHealthy => faults.IsEmpty;

    /// <summary>Runs a part until the host stops.</summary>
    /// <param name="name">What operators know it by.</param>
    /// <param name="work">Works until it is told to stop; calls the action whenever it has seen that it works.</param>
    public void Run(string name, Func<Action, CancellationToken, Task> work) => running.Add(Task.Run(() => RunAsync(name, work)));

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

    private async Task RunAsync(string name, Func<Action, CancellationToken, Task> work)
    {
        var token = stopping.Token;
        while (!token.IsCancellationRequested)
        {
            try
            {
                await work(() => faults.TryRemove(name, out _), token);
                throw new InvalidOperationException($"{name} has ended.");
            }
            catch (Exception fault)
            {
                if (!token.IsCancellationRequested && faults.TryAdd(name, fault))
                {
                    LogFault(name, fault);
                }

                await Task.Delay(Pause, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "The background part {Name} has ended by an error, and is started again until it works.")]
    private partial void LogFault(string name, Exception fault);
}
