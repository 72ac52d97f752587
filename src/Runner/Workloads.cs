namespace Ledger.Runner;

/// <summary>What something came to that ended by itself.</summary>
internal sealed record Exit
{
    /// <summary>Nothing is wrong, and there is nothing more to say.</summary>
    public static Exit Passed { get; } = new();

    /// <summary>What was tested failed.</summary>
    public bool HasFailures { get; init; }

    /// <summary>It could not be tested.</summary>
    public bool HasErrors { get; init; }

    /// <summary>The network is to blame.</summary>
    public bool IsNetworkError { get; init; }

    /// <summary>The exit code of a command.</summary>
    public int? Code { get; init; }

    /// <summary>One sentence for people, when the rest does not say it all.</summary>
    public string? Message { get; init; }

    /// <summary>How long what was measured took; null if that is all of it.</summary>
    public TimeSpan? ResponseTime { get; init; }

    /// <summary>The request and what came of it.</summary>
    public ApiDetails? Api { get; init; }

    /// <summary>Whether another try could help.</summary>
    public bool IsFailed => HasFailures || HasErrors;

    /// <summary>A command that ended.</summary>
    public static Exit Of(int code) => new() { Code = code, HasFailures = code != 0 };

    /// <summary>It could not be tested.</summary>
    public Exit AsError(string message) => this with { HasFailures = false, HasErrors = true, Message = message };
}

/// <summary>How a stop went.</summary>
/// <param name="How">In the words of <c>RunAborted</c> (docs/domain.md#events): <c>neverStarted</c>, <c>graceful</c> (it ended by itself within
/// the grace period), <c>killed</c> or <c>containerStopped</c>.</param>
/// <param name="Remains">What is still there.</param>
/// <param name="ExitCode">The command's exit code; null if it never ended.</param>
internal sealed record Stop(string How, Remains Remains, int? ExitCode = null)
{
    /// <summary>The stop of a run that never ran.</summary>
    public static Stop BeforeStart { get; } = new("neverStarted", Remains.None);

    /// <summary>The stop of a run that had begun and of which no process runs.</summary>
    public static Stop Idle { get; } = new("graceful", Remains.None);

    /// <summary>The signal that ended the command, by the shell's convention of 128 plus its number; null if none did.</summary>
    public string? Signal => ExitCode switch
    {
        128 + 2 => "SIGINT",
        128 + 9 => "SIGKILL",
        128 + 15 => "SIGTERM",
        _ => null,
    };
}

/// <summary>
/// What a run executes, or one step of it: processes of this machine, a container, or work of this process. Disposing it leaves nothing
/// behind.
/// </summary>
internal interface IWorkload : IAsyncDisposable
{
    /// <summary>Ends with the command, giving what it came to.</summary>
    /// <exception cref="UnusableSpecException">It could not be executed.</exception>
    Task<Exit> Exited { get; }

    /// <summary>Whether the command has ended, even if nobody has taken notice yet.</summary>
    bool HasEnded { get; }

    /// <summary>Asks everything to stop, and ends it when the grace period is over or when <paramref name="forced"/> ends.</summary>
    /// <param name="grace">How long the command may take to end by itself.</param>
    /// <param name="forced">Ends when no more time is to be given.</param>
    Task<Stop> StopAsync(TimeSpan grace, Task forced);

    /// <summary>After the command has ended: ends what it left behind and returns what could not be ended.</summary>
    Task<Remains> CleanAsync();
}

/// <summary>A part of a run that this process does itself. Once its task has ended, nothing of it is left.</summary>
internal sealed class TaskWorkload : IWorkload
{
    private readonly CancellationTokenSource stop = new();

    /// <summary>Begins the work.</summary>
    /// <param name="work">What to do; it ends soon after its token is cancelled.</param>
    public TaskWorkload(Func<CancellationToken, Task<Exit>> work) => Exited = Task.Run(() => work(stop.Token), CancellationToken.None);

    public Task<Exit> Exited { get; }

    public bool HasEnded => Exited.IsCompleted;

    public async Task<Stop> StopAsync(TimeSpan grace, Task forced)
    {
        await stop.CancelAsync();
        await ((Task)Exited).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return Stop.Idle;
    }

    public Task<Remains> CleanAsync() => Task.FromResult(Remains.None);

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero, Task.CompletedTask);
        stop.Dispose();
    }
}
